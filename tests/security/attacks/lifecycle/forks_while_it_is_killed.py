# attack: a swarm of processes that each fork and end all the time, so that a killer with a list always misses one
# family: lifecycle
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=1000
# ends-within: 3s
# stops-it: death of the pid namespace's first process, cgroup.kill
import os

for _ in range(3):
    if os.fork() == 0:
        while True:
            try:
                if os.fork() != 0:
                    os._exit(0)
            except OSError:
                pass
while True:
    pass
