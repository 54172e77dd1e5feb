# attack: fills shared anonymous mappings, which belong to no process
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT
# ends-within: 4s
# stops-it: memory limit of the cgroup
import mmap

maps = []
for count in range(1, 65):
    block = mmap.mmap(-1, 8 << 20)
    block.write(b"x" * (8 << 20))
    maps.append(block)
    if count * 8 > 160:
        print("ESCAPED", count * 8, "MiB", flush=True)
