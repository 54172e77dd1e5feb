# attack: drops files of the root from the cache that all sandboxes share, to see which ones others read
# family: syscalls
# expect: blocked
# stops-it: seccomp (advice of fadvise64)
import errno
import mmap
import os

import kit

MADV_PAGEOUT = 21
for path in ("/usr/bin/python3", "/usr/lib/python3.11/random.py", os.__file__):
    with open(path, "rb") as file:
        number = file.fileno()
        kit.attempt(f"drop {path}", lambda: os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED) is None, only=[errno.EPERM])
        # What the C library sends is not all that a program can send.
        kit.attempt(f"drop {path} with more bits", lambda: kit.syscall("fadvise64", number, 0, 0, 4 | 1 << 32) == 0, only=[errno.EPERM])
        kit.attempt(f"cachestat {path}", lambda: kit.syscall("cachestat", number, None, None, 0) == 0)
        page = mmap.mmap(number, mmap.PAGESIZE, prot=mmap.PROT_READ)
        try:
            page.madvise(MADV_PAGEOUT)
        except OSError as refusal:
            kit.blocked(f"page out {path}={refusal.strerror}")
        page.close()
kit.finish()
