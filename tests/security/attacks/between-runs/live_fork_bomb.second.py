# attack: none: an honest program with processes and threads, which must not feel its neighbour
# family: between-runs
# expect: blocked
# ends-within: 6s
# stops-it: pids limit of the cgroup, user of its own, CPU quota
import os
import threading

import kit

for _ in range(20):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
threads = [threading.Thread(target=sum, args=(range(1000),)) for _ in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
kit.blocked("20 children and 10 threads")
kit.finish()
