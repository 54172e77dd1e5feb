# attack: shrinks, enlarges, locks and switches its output pipes to other modes, and reads back what it wrote
# family: output
# expect: outcome OUTCOME_OK
# ends-within: 4s
# stops-it: the reader's end is the daemon's own; modes of the writer's end don't touch it
import fcntl
import os

F_SETPIPE_SZ, O_DIRECT = 1031, 0o40000
for fd in (0, 1, 2):
    for act in (
        lambda: fcntl.fcntl(fd, F_SETPIPE_SZ, 4096),
        lambda: fcntl.fcntl(fd, F_SETPIPE_SZ, 1 << 20),
        lambda: fcntl.fcntl(fd, F_SETPIPE_SZ, 1 << 30),
        lambda: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | O_DIRECT | os.O_ASYNC | os.O_APPEND),
        lambda: os.read(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK), 100),
        lambda: os.write(os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK), b"into the other end"),
        lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, 1),
        lambda: fcntl.ioctl(fd, 0x5421, b"\1\0\0\0"),
    ):
        try:
            act()
        except OSError:
            pass
os.set_blocking(1, True)
print("played")
