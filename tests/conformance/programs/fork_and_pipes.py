# about: fork, pipe, wait, exec and signals between parent and child
# outcome: OUTCOME_OK
# stdout: child says 42
# stdout: ok
import os
import signal
import sys

reader, writer = os.pipe()
pid = os.fork()
if pid == 0:
    os.write(writer, b"42")
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
print("child says", os.read(reader, 10).decode(), flush=True)
pid = os.fork()
if pid == 0:
    signal.pause()
os.kill(pid, signal.SIGTERM)
assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGTERM
pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
print("ok")
