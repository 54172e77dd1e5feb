# attack: fills its memory, files and pipes with a mark, for the next run to find in dirty pages
# family: between-runs
# pair: after
# expect: outcome OUTCOME_OK
# stops-it: the kernel clears pages
import os

import kit

mark = kit.facts()["mark"].encode()
hoard = [mark * 60000 for _ in range(30)]
with open("/tmp/marks", "wb") as file:
    file.write(mark * 500000)
reader, writer = os.pipe()
os.set_blocking(writer, False)
os.write(writer, mark * 4000)
print(sum(map(len, hoard)))
