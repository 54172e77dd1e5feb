# attack: starts threads until it is refused
# family: processes
# expect: outcome OUTCOME_PROCESS_LIMIT
# ends-within: 4s
# stops-it: pids limit of the cgroup, RLIMIT_NPROC
import threading
import time

for count in range(1000):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    if count > 200:
        print("ESCAPED more than 200 threads")
        break
