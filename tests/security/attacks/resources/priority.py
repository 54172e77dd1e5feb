# attack: takes real-time priority, a better nice value or a better disk class
# family: resources
# expect: blocked
# stops-it: seccomp, no capabilities, RLIMIT_NICE and RLIMIT_RTPRIO 0
import os

import kit

for policy, name in ((os.SCHED_FIFO, "fifo"), (os.SCHED_RR, "rr")):
    kit.attempt(f"scheduler {name}", lambda: os.sched_setscheduler(0, policy, os.sched_param(50)) is None)
kit.attempt("deadline", lambda: kit.syscall("sched_setattr", 0, (48).to_bytes(4, "little") + (6).to_bytes(4, "little") + bytes(40), 0) == 0)
kit.attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20) is None)
kit.attempt("nice of the user", lambda: os.setpriority(os.PRIO_USER, 0, -5) is None)
kit.attempt("disk class", lambda: kit.syscall("ioprio_set", 1, 0, 1 << 13) == 0)
kit.attempt("out-of-memory score", lambda: kit.write("/proc/self/oom_score_adj", b"-500"))
kit.finish()
