# attack: kills itself with signal 9, to look like a run out of memory
# family: lifecycle
# expect: outcome OUTCOME_RUNTIME_ERROR
# signal: 9
# stops-it: memory events of the cgroup decide, not the signal
import os

os.kill(os.getpid(), 9)
