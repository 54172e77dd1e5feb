# attack: fills files in memory (memfd), which no mount limits
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT
# ends-within: 5s
# stops-it: memory limit of the cgroup, RLIMIT_FSIZE
import os

block = b"x" * (1 << 20)
total = 0
while total < 512:
    file = os.memfd_create("hoard")
    for _ in range(32):
        os.write(file, block)
        total += 1
        if total > 160:
            print("ESCAPED", total, "MiB", flush=True)
