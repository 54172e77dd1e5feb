# attack: none: an honest program that uses pipes, real-time signals and passed descriptors, which must not feel its neighbour
# family: between-runs
# expect: blocked
# stops-it: host uid of its own for each live sandbox
import array
import os
import signal
import socket

import kit

for _ in range(16):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    assert os.write(writer, b"x" * (1 << 20)) == 1 << 16, "the pipe is smaller than usual"
signal.pthread_sigmask(signal.SIG_BLOCK, [40])
for _ in range(100):
    os.kill(os.getpid(), 40)
left, right = socket.socketpair()
for _ in range(20):
    left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
kit.blocked("1 MiB of pipes, 100 signals, 60 descriptors")
kit.finish()
