# attack: lives beside another run, with many processes that are easy to see
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED
# stops-it: pid namespace, user of its own
import os
import time

import kit

mark = kit.facts()["mark"]
with open(f"/tmp/{mark}", "w") as file:
    file.write(mark)
os.environ["SECRET"] = mark
for _ in range(10):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
print("READY", flush=True)
time.sleep(60)
