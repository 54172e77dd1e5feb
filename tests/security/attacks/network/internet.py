# attack: reaches the internet, the host and the cloud's metadata service over TCP, UDP, ICMP and IPv6
# family: network
# expect: blocked
# stops-it: seccomp (socket families), empty network namespace
import errno
import os
import socket

import kit

REFUSED = [errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ECONNREFUSED, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EINVAL]
facts = kit.facts()
targets = [("127.0.0.1", facts["tcp_port"]), ("0.0.0.0", facts["tcp_port"]), ("1.1.1.1", 53), ("8.8.8.8", 443),
           ("169.254.169.254", 80), ("10.0.0.1", 22), ("192.168.1.1", 80), ("172.17.0.1", 2375)]
targets += [(address, facts["tcp_port"]) for address in facts["host_addresses"]]
for host, port in targets:
    def tcp():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as end:
            end.settimeout(0.2)
            end.connect((host, port))
            return "connected"
    kit.attempt(f"tcp {host}", tcp, also=REFUSED + [errno.ETIMEDOUT])

    def udp():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            return end.sendto(b"x", (host, port))
    kit.attempt(f"udp {host}", udp, also=REFUSED)
for host in ("::1", "2606:4700:4700::1111", "fe80::1", "ff02::1"):
    def tcp6():
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as end:
            end.settimeout(0.2)
            end.connect((host, facts["tcp_port"]))
            return "connected"
    kit.attempt(f"tcp {host}", tcp6, also=REFUSED)


def ping():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as end:
        return end.sendto(b"\x08\0\0\0\0\0\0\0", ("1.1.1.1", 0))


kit.attempt("ping", ping, also=REFUSED)


def fast_open():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as end:
        return end.sendto(b"x", 0x20000000, ("1.1.1.1", 80))


kit.attempt("tcp fast open", fast_open, also=REFUSED)


def resolved():
    try:
        return socket.getaddrinfo("example.com", 80)
    except socket.gaierror as refusal:
        raise OSError(errno.ENETUNREACH, str(refusal)) from refusal


kit.attempt("name lookup", resolved, also=REFUSED)
kit.finish()
