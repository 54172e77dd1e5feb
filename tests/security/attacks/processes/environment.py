# attack: finds what the daemon's environment or arguments hold
# family: processes
# expect: blocked
# stops-it: environment cleared
import os
import sys

import kit

ALLOWED = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PATH", "HOME", "LANG"}
names = {entry.split(b"=", 1)[0].decode() for entry in open("/proc/self/environ", "rb").read().split(b"\0") if entry}
for name in sorted((set(os.environ) | names) - ALLOWED):
    kit.escaped(f"the environment holds {name}={os.environ.get(name)!r}")
for text in list(os.environ.values()) + sys.argv + sys.orig_argv:
    for secret in (kit.facts()["canary_folder"], kit.facts()["socket"]):
        if secret in text:
            kit.escaped(f"{text!r} names a path of the host")
uname = os.uname()
if kit.facts()["host_name"] in uname.nodename and uname.nodename not in ("localhost", "sandbox"):
    kit.escaped(f"the host's name is {uname.nodename}")
kit.blocked(f"{len(names)} variables")
kit.finish()
