# attack: makes a sibling (CLONE_PARENT) that exits 0 first, so that a sloppy wait takes it for the program
# family: processes
# expect: outcome OUTCOME_RUNTIME_ERROR
# exit-code: 3
# stops-it: seccomp (flags of clone), the exact pidfd is awaited
import ctypes
import os
import signal
import sys
import time

import kit

CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED = 0x8000, 0x2000, 0x00800000
for flag in (CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED, CLONE_PARENT | 1 << 35):
    try:
        if kit.syscall("clone", flag | signal.SIGCHLD, 0, 0, 0, 0) == 0:
            os._exit(0)
        print("ESCAPED made a process with the flags", hex(flag), flush=True)
    except OSError as refusal:
        print("refused", refusal.strerror, flush=True)
time.sleep(0.3)
sys.exit(3)
