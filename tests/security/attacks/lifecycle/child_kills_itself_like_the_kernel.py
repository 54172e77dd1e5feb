# attack: lets a child die of signal 9, to look like a run out of memory
# family: lifecycle
# expect: outcome OUTCOME_OK
# stops-it: memory events of the cgroup decide, not the signal
import os

pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), 9)
os.waitpid(pid, 0)
print("fine")
