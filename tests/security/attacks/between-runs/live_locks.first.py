# attack: locks files that every sandbox sees, as a signal to another run
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED
# stops-it: inodes of its own for each sandbox, seccomp
import fcntl
import os
import struct
import sys
import time

kept = []
F_OFD_SETLK = 37
for path in ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/etc/passwd", sys.executable, os.__file__, "/", "/tmp",
             "/proc/self/stat", "/usr", "/dev"):
    for flags, kind in ((os.O_RDWR, fcntl.F_WRLCK), (os.O_RDONLY, fcntl.F_RDLCK)):
        try:
            fd = os.open(path, flags)
        except OSError:
            continue
        kept.append(fd)
        lock = struct.pack("hhqqi4x", kind, 0, 4242, 1, 0)
        for command in (fcntl.F_SETLK, F_OFD_SETLK):
            try:
                fcntl.fcntl(fd, command, lock)
            except OSError:
                pass
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            pass
print("READY", flush=True)
time.sleep(60)
