# Every way out that a program would try first.
import socket

FAMILIES = (
    "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_BLUETOOTH", "AF_CAN", "AF_ALG", "AF_TIPC", "AF_RDS",
)
for name in FAMILIES:
    family = getattr(socket, name, None)
    if family is None:
        print("ok", name, "unknown to Python")
        continue
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind).close()
            print("HOLE", name, kind.name)
        except OSError as error:
            print("ok", name, kind.name, error.strerror)
