# attack: leaves the root with chroot, fchdir and pivot_root
# family: escape
# expect: blocked
# stops-it: seccomp, no capabilities, old root detached
import os

import kit

os.makedirs("/tmp/inner/old", exist_ok=True)
outside = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
here = os.stat("/")


def breakout():
    os.chroot("/tmp/inner")
    os.fchdir(outside)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    now = os.stat("/")
    return "left the root" if (now.st_dev, now.st_ino) != (here.st_dev, here.st_ino) else "chroot worked"


kit.attempt("chroot", breakout)
kit.attempt("pivot_root", lambda: kit.syscall("pivot_root", "/tmp/inner", "/tmp/inner/old") == 0)
kit.attempt("pivot_root in place", lambda: kit.syscall("pivot_root", ".", ".") == 0)


def climb():
    os.chdir("/")
    for _ in range(256):
        os.chdir("..")
    above = os.stat(".")
    return (above.st_dev, above.st_ino) != (here.st_dev, here.st_ino)


kit.attempt("climbing with ..", climb)
kit.finish()
