# attack: connects to abstract unix sockets of the host, which no file system hides (CVE-2020-15257)
# family: network
# expect: blocked
# stops-it: network namespace of its own
import errno
import socket

import kit

name = kit.facts()["abstract_name"]
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    for target in (name, "/tmp/.X11-unix/X0", "/org/freedesktop/systemd1/notify", "/containerd-shim/shim.sock"):
        def connect():
            with socket.socket(socket.AF_UNIX, kind) as end:
                end.settimeout(0.5)
                end.connect("\0" + target)
                end.send(b"attack")
                return "connected"
        kit.attempt(f"abstract {target}", connect, also=[errno.ECONNREFUSED, errno.EPROTOTYPE])
try:
    lines = open("/proc/net/unix").read().splitlines()[1:]
    for line in lines:
        if name in line:
            kit.escaped(f"sees the host's socket: {line}")
    kit.blocked(f"{len(lines)} unix sockets visible")
except OSError as refusal:
    kit.blocked(f"/proc/net/unix={refusal.strerror}")
kit.finish()
