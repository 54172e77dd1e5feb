# attack: leaves processes that wait for the next run
# family: between-runs
# pair: after
# expect: outcome OUTCOME_OK
# stops-it: pid namespace of its own, cgroup kill
import os
import time

import kit

mark = kit.facts()["mark"]
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                try:
                    open(f"/tmp/{mark}", "w").close()
                except OSError:
                    pass
                time.sleep(0.01)
        os._exit(0)
print("left")
