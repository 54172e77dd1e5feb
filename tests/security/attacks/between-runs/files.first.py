# attack: leaves files with a mark wherever it can write
# family: between-runs
# pair: after
# expect: outcome OUTCOME_OK
# stops-it: fresh tmpfs for each run, read-only root
import os

import kit

mark = kit.facts()["mark"]
count = 0
for folder, _, _ in os.walk("/"):
    if folder.startswith("/proc"):
        continue
    try:
        with open(os.path.join(folder, mark), "w") as file:
            file.write(mark)
        os.chmod(os.path.join(folder, mark), 0o666)
        count += 1
    except OSError:
        pass
assert count > 0, "nothing could be written at all"
print(count, "marks")
