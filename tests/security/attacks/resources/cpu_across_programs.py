# attack: burns CPU time and becomes another program before its own clock can tell, again and again
# family: resources
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=12000 cpu_ms=1000
# ends-within: 6s
# stops-it: CPU time is read from the cgroup, not per process
import os
import sys
import time

end = time.process_time() + 0.1
while time.process_time() < end:
    pass
os.execv(sys.executable, [sys.executable, "-I", "-S", __file__])
