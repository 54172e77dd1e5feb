# attack: makes one file larger than allowed, by writing, by truncating and by allocating
# family: resources
# expect: blocked
# stops-it: RLIMIT_FSIZE, size limit of the tmpfs
import errno
import os

import kit

file = os.open("/tmp/big", os.O_CREAT | os.O_RDWR)
for size in (51 << 20, 1 << 30, 1 << 40, (1 << 63) - 4096):
    kit.attempt(f"truncate to {size}", lambda: os.ftruncate(file, size) is None, only=[errno.EFBIG, errno.EINVAL, errno.ENOSPC])
    kit.attempt(f"write at {size}", lambda: os.pwrite(file, b"x", size), only=[errno.EFBIG, errno.EINVAL, errno.ENOSPC])
    kit.attempt(f"allocate {size}", lambda: os.posix_fallocate(file, 0, size) is None,
                only=[errno.EFBIG, errno.ENOSPC, errno.EINVAL])
kit.finish()
