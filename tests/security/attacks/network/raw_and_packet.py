# attack: sends and sniffs raw frames and packets
# family: network
# expect: blocked
# stops-it: seccomp (socket families), no capabilities, empty network namespace
import socket

import kit

kit.attempt("packet raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300))
kit.attempt("packet dgram", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0300))
for protocol in (socket.IPPROTO_RAW, socket.IPPROTO_ICMP, socket.IPPROTO_TCP, 255):
    kit.attempt(f"raw ip {protocol}", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol))
    kit.attempt(f"raw ip6 {protocol}", lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol))
kit.attempt("old packet", lambda: socket.socket(socket.AF_INET, 10, 0x0300))
kit.finish()
