# attack: stays small in each of many processes and large in all of them together
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT
# ends-within: 5s
# stops-it: memory limit of the cgroup
import os
import time

for _ in range(30):
    if os.fork() == 0:
        block = b"x" * (12 << 20)
        time.sleep(30)
        os._exit(len(block) & 1)
time.sleep(2)
print("ESCAPED 360 MiB in 30 processes")
