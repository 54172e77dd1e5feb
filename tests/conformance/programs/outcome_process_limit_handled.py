# about: a program that is refused a process and copes with it ends well
# outcome: OUTCOME_OK
# exit-code: 0
# ends-within: 4s
# stdout: coped
import os
import signal
import time

children = []
try:
    while len(children) < 200:
        pid = os.fork()
        if pid == 0:
            time.sleep(30)
            os._exit(0)
        children.append(pid)
except OSError:
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    print("coped" if 20 <= len(children) < 100 else f"{len(children)} children")
