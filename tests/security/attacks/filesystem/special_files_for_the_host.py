# attack: puts pipes, sockets and endless links where the host might open files, so that it would hang
# family: filesystem
# expect: outcome OUTCOME_OK
# ends-within: 4s
# stops-it: the host opens nothing that the job can name, private tmpfs
import os
import socket

here = os.getcwd()
for name in ("main.py", "kit.py", "result.json", "output.txt"):
    path = os.path.join(here, name)
    if os.path.lexists(path):
        os.unlink(path)
os.mkfifo(os.path.join(here, "main.py"))
os.mkfifo("/tmp/output.txt")
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.path.join(here, "result.json"))
listener.listen()
for index in range(50):
    try:
        os.symlink(f"loop{(index + 1) % 50}", os.path.join(here, f"loop{index}"))
    except OSError:
        break
print("waiting for the host")
