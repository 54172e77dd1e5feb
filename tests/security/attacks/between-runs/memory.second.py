# attack: searches fresh memory, fresh files and its own image for the mark of the run before
# family: between-runs
# expect: blocked
# stops-it: the kernel clears pages
import mmap
import os

import kit

mark = kit.facts()["mark"].encode()
# The mark is in this process by right: it came with the facts. Fresh pages must be zero.
for _ in range(40):
    page = mmap.mmap(-1, 1 << 20)
    if page.find(mark) >= 0 or page.read(1 << 20).strip(b"\0"):
        kit.escaped("fresh memory is not empty")
    page.close()
file = os.open("/tmp/fresh", os.O_CREAT | os.O_RDWR)
os.ftruncate(file, 20 << 20)
if os.pread(file, 20 << 20, 0).strip(b"\0"):
    kit.escaped("a fresh file is not empty")
kit.blocked("all zero")
kit.finish()
