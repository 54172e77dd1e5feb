# attack: enlarges its standard streams, which root made and which count for root, to take pipe memory from the host
# family: resources
# expect: blocked
# stops-it: seccomp (arguments of fcntl)
import errno
import fcntl
import os

import kit

F_SETPIPE_SZ, F_GETPIPE_SZ = 1031, 1032
for number in (0, 1, 2):
    before = fcntl.fcntl(number, F_GETPIPE_SZ)
    for size in (65537, 1 << 17, 1 << 20):
        kit.attempt(f"{number} to {size}", lambda: fcntl.fcntl(number, F_SETPIPE_SZ, size) > before, only=[errno.EPERM])
        copy = os.dup(number)
        kit.attempt(f"copy of {number} to {size}", lambda: fcntl.fcntl(copy, F_SETPIPE_SZ, size) > before, only=[errno.EPERM])
        os.close(copy)
        # The kernel takes the low 32 bits of the command.
        kit.attempt(f"{number} to {size} with more bits", lambda: kit.syscall("fcntl", number, F_SETPIPE_SZ | 1 << 32, size) > before,
                    only=[errno.EPERM])
kit.finish()
