# attack: asks for millions of files that don't exist, so that the kernel remembers each
# family: resources
# expect: outcome OUTCOME_OK|OUTCOME_TIME_LIMIT|OUTCOME_MEMORY_LIMIT
# ends-within: 7s
# stops-it: memory limit of the cgroup (kernel memory counts), time limit
import os

for number in range(3_000_000):
    try:
        os.stat(f"/tmp/{number:0200}")
    except OSError:
        pass
print("done")
