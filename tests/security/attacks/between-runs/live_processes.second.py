# attack: sees, signals and reads the processes of a run that lives at the same time
# family: between-runs
# expect: blocked
# stops-it: pid namespace, user of its own, hidepid
import os

import kit

mark = kit.facts()["mark"]
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
if others:
    kit.escaped(f"sees {others}")
for pid in range(1, 33000):
    if pid != os.getpid():
        try:
            os.kill(pid, 0)
            kit.escaped(f"may signal {pid}")
        except OSError:
            pass
        if pid < 100:
            for name in ("environ", "root/tmp/" + mark, "cwd", "mem"):
                kit.attempt(f"{pid}/{name}", lambda: open(f"/proc/{pid}/{name}", "rb").read(16))
for folder in ("/tmp", "/dev/shm", ".", "/"):
    if os.path.exists(f"{folder}/{mark}"):
        kit.escaped(f"{folder} is shared")
kit.finish()
