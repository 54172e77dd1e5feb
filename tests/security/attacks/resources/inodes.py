# attack: uses up the inodes with empty files
# family: resources
# expect: blocked
# ends-within: 8s
# limits: wall_ms=10000 cpu_ms=10000
# stops-it: inode limit of the tmpfs
import errno
import os

import kit

count = 0


def fill():
    global count
    while count < 60000:
        os.close(os.open(f"/tmp/{count}", os.O_CREAT | os.O_WRONLY))
        count += 1
    return f"{count} files"


kit.attempt("empty files", fill, only=[errno.ENOSPC])
kit.finish()
