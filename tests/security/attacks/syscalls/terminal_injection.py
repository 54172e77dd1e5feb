# attack: types into the terminal of whoever started the daemon (TIOCSTI, TIOCLINUX), also with junk above 32 bits
# family: syscalls
# expect: blocked
# stops-it: seccomp (arguments of ioctl compared on 32 bits), no terminal, session of its own
import errno
import os

import kit

TIOCSTI, TIOCLINUX, TIOCSCTTY = 0x5412, 0x541C, 0x540E
for name, request in (("TIOCSTI", TIOCSTI), ("TIOCLINUX", TIOCLINUX)):
    for high in (0, 1 << 32, 0xABCD << 32):
        for fd in (0, 1, 2):
            kit.attempt(f"{name} {high >> 32:x} on {fd}", lambda: kit.syscall("ioctl", fd, high | request, b"x") == 0,
                        only=[errno.EPERM])
for fd in (0, 1, 2):
    if os.isatty(fd):
        kit.escaped(f"{fd} is a terminal")
    kit.attempt(f"TIOCSCTTY on {fd}", lambda: kit.syscall("ioctl", fd, TIOCSCTTY, 1) == 0, also=[errno.ENOTTY])
for path in ("/dev/tty", "/dev/ptmx", "/dev/console", "/dev/pts/0"):
    kit.attempt(path, lambda: os.open(path, os.O_RDWR | os.O_NOCTTY))
kit.finish()
