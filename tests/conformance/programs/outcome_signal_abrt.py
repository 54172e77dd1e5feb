# about: death by SIGABRT is an error with the signal's number, and no exit code
# outcome: OUTCOME_RUNTIME_ERROR
# signal: 6
# stdout: before
import os
import signal

print("before", flush=True)
os.kill(os.getpid(), signal.SIGABRT)
