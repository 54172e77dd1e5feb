# attack: sees the locks of a run that lives at the same time: a channel between two students
# family: between-runs
# expect: blocked
# stops-it: inodes of its own for each sandbox, seccomp
import fcntl
import os
import struct
import sys

import kit

F_OFD_GETLK = 36
for path in ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/etc/passwd", sys.executable, os.__file__, "/", "/tmp",
             "/proc/self/stat", "/usr", "/dev"):
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as refusal:
        kit.blocked(f"{path}={refusal.strerror}")
        continue
    for command in (fcntl.F_GETLK, F_OFD_GETLK):
        def conflict():
            answer = fcntl.fcntl(fd, command, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 4242, 1, 0))
            kind, _, start, _, pid = struct.unpack("hhqqi4x", answer)
            return kind != fcntl.F_UNLCK and f"a lock at {start} of {pid}"
        kit.attempt(f"lock on {path}", conflict, also=[22])

    def exclusive():
        # A shared lock of somebody else would make this fail with EAGAIN.
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "flock is held by somebody"
        return False
    kit.attempt(f"flock on {path}", exclusive)
kit.finish()
