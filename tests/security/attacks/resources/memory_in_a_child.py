# attack: lets a child eat the memory and ends well itself
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT
# ends-within: 4s
# stops-it: memory limit of the cgroup; its kill counts for the run, whoever it hit
import os
import sys

pid = os.fork()
if pid == 0:
    hoard = []
    while True:
        hoard.append(b"x" * (1 << 20))
os.waitpid(pid, 0)
print("the parent is fine")
sys.exit(0)
