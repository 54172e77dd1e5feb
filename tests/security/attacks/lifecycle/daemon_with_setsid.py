# attack: leaves a daemon behind: double fork, session of its own, no open files
# family: lifecycle
# expect: outcome OUTCOME_OK
# ends-within: 3s
# stops-it: death of the pid namespace, cgroup kill
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 1024)
        while True:
            time.sleep(0.1)
    os._exit(0)
os.wait()
print("left")
