# attack: touches one page in every 2 MiB, so that page tables take more memory than the pages
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT
# ends-within: 6s
# limits: wall_ms=8000 cpu_ms=8000
# stops-it: memory limit of the cgroup (page tables count)
import mmap

MAP_NORESERVE = 0x4000
span = 1 << 38
space = mmap.mmap(-1, span, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE)
NO_HUGE_PAGES = 15
space.madvise(NO_HUGE_PAGES)
touched = 0
for offset in range(0, span, 2 << 20):
    space[offset] = 1
    touched += 1
    if touched > 40000:
        print("ESCAPED", touched, "pages with a table each", flush=True)
        break
