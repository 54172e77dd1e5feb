# attack: hard-links files of the root filesystem into its own folder, to change or keep them
# family: filesystem
# expect: blocked
# stops-it: separate read-only mount, user of its own
import errno
import os
import sys

import kit

for source in ("/etc/passwd", sys.executable, "/dev/null", os.__file__, "/proc/self/exe", "/proc/self/fd/0"):
    for spot in ("/tmp", os.getcwd()):
        kit.attempt(f"link {source}", lambda: os.link(source, f"{spot}/linked") is None, also=[errno.EXDEV, errno.EMLINK])
handle = os.open("/etc/passwd", os.O_RDONLY)
kit.attempt("link by descriptor",
            lambda: os.link(f"/proc/self/fd/{handle}", "/tmp/linked", follow_symlinks=True) is None, also=[errno.EXDEV])
kit.attempt("rename into /tmp", lambda: os.rename("/etc/passwd", "/tmp/passwd") is None, also=[errno.EXDEV])
kit.finish()
