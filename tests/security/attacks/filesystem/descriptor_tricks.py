# attack: uses leases, directory notifications and signals of its descriptors to stop or watch others
# family: filesystem
# expect: blocked
# stops-it: seccomp (arguments of fcntl), inotify and fanotify denied
import errno
import fcntl
import os

import kit

F_SETSIG, F_SETLEASE, F_NOTIFY = 10, 1024, 1026
own = os.open("/tmp/own", os.O_CREAT | os.O_RDWR)
root = os.open("/", os.O_RDONLY)
library = os.open(os.__file__, os.O_RDONLY)
for name, fd in (("own file", own), ("library", library)):
    kit.attempt(f"write lease on {name}", lambda: fcntl.fcntl(fd, F_SETLEASE, fcntl.F_WRLCK) == 0, only=[errno.EPERM])
    kit.attempt(f"read lease on {name}", lambda: fcntl.fcntl(fd, F_SETLEASE, fcntl.F_RDLCK) == 0, only=[errno.EPERM])
kit.attempt("notify on /", lambda: fcntl.fcntl(root, F_NOTIFY, 1 | 4) == 0, only=[errno.EPERM])
kit.attempt("setsig", lambda: fcntl.fcntl(own, F_SETSIG, 34) == 0, only=[errno.EPERM])
for name in ("inotify_init", "inotify_init1"):
    kit.attempt(name, lambda: kit.syscall(name, 0))
kit.attempt("fanotify_init", lambda: kit.syscall("fanotify_init", 0, 0))
kit.attempt("fanotify_init unprivileged", lambda: kit.syscall("fanotify_init", 0x200 | 0x400, 0))
kit.finish()
