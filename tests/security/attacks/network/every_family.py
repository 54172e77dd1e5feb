# attack: makes a socket of every family and type that a kernel may know
# family: network
# expect: blocked
# stops-it: seccomp (socket families)
import errno
import socket

import kit

NO_SUCH = [errno.ESOCKTNOSUPPORT, errno.EINVAL, errno.EOPNOTSUPP]
for family in list(range(2, 64)) + [100, 255, 0x7FFFFFFF]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET, 4, 6, 10):
        if family in (2, 10) and kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            continue  # harmless in an empty network; internet.py sees what they reach
        kit.attempt(f"family {family} type {kind}", lambda: kit.syscall("socket", family, kind, 0), also=NO_SUCH)
        kit.attempt(f"pair of family {family}", lambda: kit.syscall(53, family, kind, 0, b"\0" * 8) == 0, also=NO_SUCH)
# The filter must compare all 32 bits that the kernel looks at, not more.
kit.attempt("netlink with junk above 32 bits", lambda: kit.syscall("socket", (1 << 32) | 16, 3, 0))
kit.attempt("vsock with junk above 32 bits", lambda: kit.syscall("socket", (7 << 32) | 40, 1, 0))
kit.attempt("alg hash", lambda: socket.socket(38, socket.SOCK_SEQPACKET).bind(("hash", "sha256")) is None)
kit.finish()
