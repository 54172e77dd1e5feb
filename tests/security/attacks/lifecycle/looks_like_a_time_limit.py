# attack: ends itself with the signal of RLIMIT_CPU, to look like a run out of time
# family: lifecycle
# expect: outcome OUTCOME_RUNTIME_ERROR
# signal: 24
# stops-it: clocks decide, not the signal
import os
import signal

os.kill(os.getpid(), signal.SIGXCPU)
