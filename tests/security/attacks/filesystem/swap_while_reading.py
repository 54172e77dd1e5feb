# attack: swaps its own source and result names between file, link and folder while the run ends
# family: filesystem
# expect: outcome OUTCOME_OK
# ends-within: 4s
# stops-it: the host opens nothing that the job can name
import os
import time

target = "/etc/passwd"
os.chdir("/tmp")
pid = os.fork()
if pid == 0:
    while True:
        for name in ("main.py", "result.json"):
            for act in (lambda: os.symlink(target, name), lambda: os.unlink(name), lambda: os.mkdir(name),
                        lambda: os.rmdir(name)):
                try:
                    act()
                except OSError:
                    pass
time.sleep(0.3)
print("ends while a child still swaps")
