# attack: leaves System V objects, a POSIX queue, keys and an abstract socket with a mark
# family: between-runs
# pair: after
# expect: outcome OUTCOME_OK
# stops-it: seccomp, ipc and network namespaces of its own
import os
import socket
import time

import kit

IPC_CREAT = 0o1000
mark = kit.facts()["mark"]
key = int(mark, 16) & 0x7FFFFFFF
for act in (
    lambda: kit.syscall("shmget", key, 4096, IPC_CREAT | 0o666),
    lambda: kit.syscall("semget", key, 1, IPC_CREAT | 0o666),
    lambda: kit.syscall("msgget", key, IPC_CREAT | 0o666),
    lambda: kit.syscall("mq_open", mark, 0o102, 0o666, None),
    lambda: kit.syscall("add_key", "user", mark, b"secret", 6, -4),
    lambda: kit.syscall("add_key", "user", mark, b"secret", 6, -5),
):
    try:
        print("made", act())
    except OSError as refusal:
        print("refused", refusal.strerror)
if os.fork() == 0:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + mark)
        listener.listen()
        time.sleep(60)
print("left")
