# attack: looks for interfaces, addresses, routes and neighbours, and switches loopback on
# family: network
# expect: blocked
# stops-it: empty network namespace, no sysfs, subset=pid
import errno
import fcntl
import os
import socket
import struct

import kit

for name in ("dev", "route", "arp", "tcp", "udp", "if_inet6", "fib_trie", "packet"):
    try:
        lines = open(f"/proc/self/net/{name}").read().splitlines()
    except OSError as refusal:
        kit.blocked(f"net/{name}={refusal.strerror}")
        continue
    others = [line for line in lines if name == "dev" and ":" in line and not line.strip().startswith("lo:")]
    others += [line for line in lines[1:] if name in ("route", "arp", "if_inet6", "tcp", "udp", "packet")]
    if others:
        kit.escaped(f"net/{name} shows {others[:3]}")
    kit.blocked(f"net/{name}=empty")
kit.attempt("/sys/class/net", lambda: os.listdir("/sys/class/net"))
SIOCGIFCONF, SIOCSIFFLAGS, SIOCGIFHWADDR = 0x8912, 0x8914, 0x8927
for family in (socket.AF_UNIX, socket.AF_INET):
    try:
        end = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as refusal:
        kit.blocked(f"socket {family}={refusal.strerror}")
        continue
    for interface in (b"lo", b"eth0", b"ens3", b"docker0"):
        kit.attempt(f"up {interface}", lambda: fcntl.ioctl(end, SIOCSIFFLAGS, struct.pack("16sH14s", interface, 1, b"")),
                    also=[errno.ENOTTY, errno.EINVAL])
        if interface != b"lo":
            kit.attempt(f"address of {interface}",
                        lambda: fcntl.ioctl(end, SIOCGIFHWADDR, struct.pack("40s", interface)), also=[errno.ENOTTY, errno.EINVAL])
kit.finish()
