# attack: looks for the objects, keys and sockets of the run before
# family: between-runs
# expect: blocked
# stops-it: seccomp, ipc and network namespaces of its own
import errno
import socket

import kit

mark = kit.facts()["mark"]
key = int(mark, 16) & 0x7FFFFFFF
kit.attempt("shmget", lambda: kit.syscall("shmget", key, 0, 0))
kit.attempt("semget", lambda: kit.syscall("semget", key, 0, 0))
kit.attempt("msgget", lambda: kit.syscall("msgget", key, 0))
kit.attempt("mq_open", lambda: kit.syscall("mq_open", mark, 0, 0, None))
for ring in (-4, -5):
    kit.attempt(f"key in {ring}", lambda: kit.syscall("keyctl", 10, ring, "user", mark, 0))


def connect():
    with socket.socket(socket.AF_UNIX) as end:
        end.connect("\0" + mark)
        return "connected"


kit.attempt("abstract socket", connect, also=[errno.ECONNREFUSED])
for name in ("shm", "sem", "msg"):
    kit.attempt(f"/proc/sysvipc/{name}", lambda: str(key) in open(f"/proc/sysvipc/{name}").read())
kit.finish()
