# attack: fills every writable folder with files
# family: resources
# expect: outcome OUTCOME_OK|OUTCOME_MEMORY_LIMIT
# ends-within: 5s
# stops-it: size limit of each tmpfs, memory limit of the cgroup
import os

total = 0
block = b"x" * (1 << 20)
for spot in ("/tmp", os.getcwd(), "/dev/shm"):
    for number in range(20):
        try:
            with open(f"{spot}/{number}", "wb", buffering=0) as file:
                for _ in range(40):
                    total += file.write(block)
                    if total > 160 << 20:
                        print("ESCAPED", total, flush=True)
        except OSError as refusal:
            print(spot, "refused:", refusal.strerror, flush=True)
            break
print("wrote", total)
