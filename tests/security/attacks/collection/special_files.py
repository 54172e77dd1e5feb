# attack: leaves pipes, sockets, and devices if it can, at which a reader would wait for ever
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt
# left-out: NOT_A_FILE=22
# ends-within: 4s
# stops-it: regular files only, never opened otherwise, O_NONBLOCK, no device nodes
import os
import socket
import stat

for number in range(20):
    os.mkfifo(f"pipe{number}")
for number in range(2):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"socket{number}")
    listener.listen()
for name, kind in (("null", stat.S_IFCHR), ("disk", stat.S_IFBLK)):
    try:
        os.mknod(name, 0o666 | kind, os.makedev(1, 3))
    except OSError as refusal:
        print("refused", refusal.strerror)
    else:
        print(f"ESCAPED made the device {name}")
# Somebody waits at the other end of one, as it would be for a reader.
if os.fork() == 0:
    os.open("pipe0", os.O_WRONLY)
    os._exit(0)
with open("own.txt", "w") as file:
    file.write("own")
