# attack: stops itself and its parent, so that nobody waits for it any more
# family: lifecycle
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=2000
# ends-within: 4s
# stops-it: wall clock of the supervisor outside
import os
import signal

for pid in (os.getppid(), 0):
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        pass
