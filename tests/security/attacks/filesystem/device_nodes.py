# attack: makes device nodes for disks, memory and consoles, and opens every device there is
# family: filesystem
# expect: blocked
# stops-it: seccomp, no capabilities, nodev, minimal /dev
import errno
import os
import stat

import kit

DEVICES = [("block", 8, 0), ("block", 253, 0), ("block", 254, 0), ("block", 259, 0), ("block", 7, 0),
           ("char", 1, 1), ("char", 1, 2), ("char", 1, 4), ("char", 1, 11), ("char", 4, 0), ("char", 5, 1),
           ("char", 10, 229), ("char", 10, 200), ("char", 10, 232), ("char", 10, 237), ("char", 1, 3)]
for kind, major, minor in DEVICES:
    mode = 0o666 | (stat.S_IFBLK if kind == "block" else stat.S_IFCHR)
    for spot in ("/tmp", os.getcwd(), "/dev"):
        path = f"{spot}/{kind}{major}-{minor}"

        def made():
            os.mknod(path, mode, os.makedev(major, minor))
            return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        kit.attempt(path, made)

for name in ("kmsg", "mem", "kmem", "port", "vda", "sda", "nvme0n1", "loop0", "loop-control", "kvm", "fuse", "net/tun",
             "console", "tty0", "ttyS0", "vsock", "vhost-vsock", "userfaultfd", "uinput", "autofs", "cuse", "hpet",
             "cpu_dma_latency", "snapshot", "mapper/control", "vcs", "watchdog", "rtc0", "nvram", "dri/card0"):
    kit.attempt(f"/dev/{name}", lambda: os.open(f"/dev/{name}", os.O_RDONLY | os.O_NONBLOCK))

ALLOWED = {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9)}
for folder, _, names in os.walk("/dev"):
    for name in names:
        status = os.lstat(os.path.join(folder, name))
        number = (os.major(status.st_rdev), os.minor(status.st_rdev))
        if stat.S_ISBLK(status.st_mode) or (stat.S_ISCHR(status.st_mode) and number not in ALLOWED):
            kit.escaped(f"{folder}/{name} is the device {number}")
for name in ("null", "zero", "full", "random", "urandom"):
    kit.attempt(f"replace /dev/{name}", lambda: os.unlink(f"/dev/{name}") is None, also=[errno.EBUSY])
    kit.attempt(f"chmod /dev/{name}", lambda: os.chmod(f"/dev/{name}", 0o600) is None)
kit.finish()
