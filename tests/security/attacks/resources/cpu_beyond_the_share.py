# attack: takes more than its share of the processors with many processes
# family: resources
# expect: blocked
# limits: wall_ms=8000 cpu_ms=8000
# stops-it: CPU quota of the cgroup
import os
import time

import kit

SECONDS = 2.0
share = kit.facts()["cpu_share"]
start = time.monotonic()
children = []
for _ in range(6):
    pid = os.fork()
    if pid == 0:
        while time.monotonic() - start < SECONDS:
            pass
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
wall = time.monotonic() - start
times = os.times()
used = times.children_user + times.children_system + times.user + times.system
# A tenth of a second of slack: the quota of the first and the last period.
if used > share * wall * 1.15 + 0.1:
    kit.escaped(f"{used:.2f} s of CPU in {wall:.2f} s with a share of {share}")
elif used < share * wall * 0.3:
    print(f"BROKEN used only {used:.2f} s in {wall:.2f} s: no load was made")
kit.blocked(f"{used:.2f} s of CPU in {wall:.2f} s")
kit.finish()
