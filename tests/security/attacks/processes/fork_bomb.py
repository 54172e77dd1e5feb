# attack: forks without end and ignores every refusal
# family: processes
# expect: outcome OUTCOME_PROCESS_LIMIT|OUTCOME_TIME_LIMIT
# ends-within: 7s
# stops-it: pids limit of the cgroup, RLIMIT_NPROC, time limit
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
