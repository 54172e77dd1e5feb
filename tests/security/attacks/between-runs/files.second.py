# attack: looks for the files of the run before, and for their bytes in what it can write
# family: between-runs
# expect: blocked
# stops-it: fresh tmpfs for each run, read-only root
import os

import kit

mark = kit.facts()["mark"]
seen = 0
for folder, names, files in os.walk("/"):
    if folder.startswith("/proc"):
        names.clear()
        continue
    seen += len(files)
    if mark in files or mark in names:
        kit.escaped(f"found {folder}/{mark}")
for spot in ("/tmp", "/dev/shm"):
    if os.path.isdir(spot) and os.listdir(spot):
        kit.escaped(f"{spot} holds {os.listdir(spot)}")
own = {"main.py", "kit.py"}
if not set(os.listdir(".")) <= own:
    kit.escaped(f"the working directory holds {os.listdir('.')}")
kit.blocked(f"{seen} files without a mark")
kit.finish()
