# attack: forks and makes threads without end while somebody else runs an honest program
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED|OUTCOME_TIME_LIMIT|OUTCOME_PROCESS_LIMIT
# stops-it: pids limit of the cgroup, user of its own, CPU quota
import os

print("READY", flush=True)
while True:
    try:
        os.fork()
    except OSError:
        pass
