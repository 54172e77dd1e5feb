# attack: leaves children that fork and end without pause, so that a killer of one at a time misses them
# family: lifecycle
# expect: outcome OUTCOME_OK
# ends-within: 4s
# stops-it: death of the pid namespace, cgroup kill, pids limit
import os
import time


def fork_and_end_for_ever():
    while True:
        try:
            if os.fork() > 0:
                os._exit(0)
        except OSError:
            pass


for _ in range(8):
    try:
        if os.fork() == 0:
            fork_and_end_for_ever()
    except OSError:
        pass  # the dead wait for the reaper and count; there are enough already
time.sleep(0.5)
print("the parent ends", flush=True)
os._exit(0)
