# attack: talks to the hypervisor and to the host by AF_VSOCK
# family: network
# expect: blocked
# stops-it: seccomp (socket families)
import socket

import kit

for cid in (0, 1, 2, 3, 0xFFFFFFFF):
    for port in (22, 1024, 52, 9999):
        def connect():
            with socket.socket(40, socket.SOCK_STREAM) as end:
                end.settimeout(0.2)
                end.connect((cid, port))
                return "connected"
        kit.attempt(f"vsock {cid}:{port}", connect)
kit.attempt("vsock socket", lambda: socket.socket(40, socket.SOCK_DGRAM))
kit.attempt("vsock listener", lambda: socket.socket(40, socket.SOCK_STREAM))
kit.finish()
