# attack: burns CPU time in thousands of short children, each far below RLIMIT_CPU
# family: resources
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=12000 cpu_ms=1000
# ends-within: 6s
# stops-it: CPU time is read from the cgroup, not per process
import os
import time

while True:
    pid = os.fork()
    if pid == 0:
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        os._exit(0)
    os.waitpid(pid, 0)
