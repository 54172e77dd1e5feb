# attack: takes over orphans as sub-reaper and ends with a deep tree of processes
# family: lifecycle
# expect: outcome OUTCOME_OK
# ends-within: 4s
# stops-it: death of the pid namespace, cgroup kill
import os
import time

import kit

PR_SET_CHILD_SUBREAPER = 36
kit.syscall("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def grow(depth):
    if depth == 0:
        while True:
            time.sleep(1)
    if os.fork() == 0:
        os.setpgid(0, 0)
        grow(depth - 1)
    time.sleep(0.01)
    os._exit(0) if depth % 2 else time.sleep(60)


if os.fork() == 0:
    grow(20)
time.sleep(0.5)
print("the end", flush=True)
os._exit(0)
