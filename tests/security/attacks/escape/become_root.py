# attack: changes its ids, groups and id maps to become another user
# family: escape
# expect: blocked
# stops-it: seccomp, user namespace mapping, no capabilities
import errno
import os

import kit

if 0 in os.getresuid() or 0 in os.getresgid():
    kit.escaped(f"runs as root: {os.getresuid()} {os.getresgid()}")
if os.getgroups() not in ([], [os.getgid()]):
    kit.escaped(f"has supplementary groups {os.getgroups()}")

for name, arguments in (
    ("setuid", (0,)), ("setgid", (0,)), ("setreuid", (0, 0)), ("setregid", (0, 0)),
    ("setresuid", (0, 0, 0)), ("setresgid", (0, 0, 0)), ("setgroups", (0, None)),
):
    kit.attempt(name, lambda: kit.syscall(name, *arguments) == 0, also=[errno.EINVAL])
for name in ("setfsuid", "setfsgid"):
    # These two return the old id instead of an error; a second call tells whether it changed.
    def changed():
        kit.syscall(name, 0)
        return kit.syscall(name, 0) == 0
    kit.attempt(name, changed)

for name in ("uid_map", "gid_map"):
    kit.attempt(f"write {name}", lambda: kit.write(f"/proc/self/{name}", b"0 0 1\n"))
    with open(f"/proc/self/{name}") as table:
        for line in table:
            _, outside, count = map(int, line.split())
            if outside == 0:
                kit.escaped(f"{name} maps to root of the host: {line.split()}")
            elif count > 65536:
                kit.escaped(f"{name} maps {count} ids")
kit.attempt("write setgroups", lambda: kit.write("/proc/self/setgroups", b"allow"))
kit.finish()
