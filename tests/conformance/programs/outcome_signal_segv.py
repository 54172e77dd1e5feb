# about: death by SIGSEGV is an error with the signal's number, and no exit code
# outcome: OUTCOME_RUNTIME_ERROR
# signal: 11
# stdout: before
import os
import signal

print("before", flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
