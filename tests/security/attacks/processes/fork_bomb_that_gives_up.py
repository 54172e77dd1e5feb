# attack: forks sleeping children until it is refused
# family: processes
# expect: outcome OUTCOME_PROCESS_LIMIT
# ends-within: 4s
# stops-it: pids limit of the cgroup, RLIMIT_NPROC
import os
import time

count = 0
while True:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    count += 1
    if count > 200:
        print("ESCAPED more than 200 processes")
        break
