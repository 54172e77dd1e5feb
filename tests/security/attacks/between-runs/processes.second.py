# attack: looks for processes of the run before, by list, by signal and by what they write
# family: between-runs
# expect: blocked
# stops-it: pid namespace of its own, cgroup kill
import os
import time

import kit

mark = kit.facts()["mark"]
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
if others:
    kit.escaped(f"sees {others}")
for pid in range(1, 33000):
    if pid != os.getpid():
        try:
            os.kill(pid, 0)
        except OSError:
            continue
        kit.escaped(f"may signal {pid}")
try:
    os.kill(-1, 0)
    kit.escaped("there is somebody to signal")
except OSError as refusal:
    kit.blocked(f"kill -1={refusal.strerror}")
time.sleep(0.1)
if os.path.exists(f"/tmp/{mark}"):
    kit.escaped("somebody writes to /tmp")
kit.finish()
