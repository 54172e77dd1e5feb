# attack: overwrites the binary that started the sandbox through /proc/*/exe (runc CVE-2019-5736)
# family: escape
# expect: blocked
# stops-it: read-only root, hidepid, the daemon's binary is not reachable
import errno
import os

import kit

TOO_BUSY = [errno.ETXTBSY]
for pid in ("self", "1", "2", str(os.getppid()), str(kit.facts()["daemon_pid"])):
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
        kit.attempt(f"open {pid}/exe for writing", lambda: os.open(f"/proc/{pid}/exe", flags), also=TOO_BUSY)
    kit.attempt(f"chmod {pid}/exe", lambda: os.chmod(f"/proc/{pid}/exe", 0o6777) is None)
for name in ("1", str(kit.facts()["daemon_pid"])):
    kit.attempt(f"read {name}/exe", lambda: open(f"/proc/{name}/exe", "rb").read(4))
target = os.readlink("/proc/self/exe")
if not target.startswith("/usr/bin/python3"):
    kit.escaped(f"runs as {target}")
kit.finish()
