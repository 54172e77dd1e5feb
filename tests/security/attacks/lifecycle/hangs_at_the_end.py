# attack: hangs in what the interpreter does at its end: exit hooks, threads, finalisers
# family: lifecycle
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=2000
# ends-within: 4s
# stops-it: wall clock of the supervisor outside
import atexit
import threading
import time


class Sticky:
    def __del__(self):
        time.sleep(60)


sticky = Sticky()
atexit.register(time.sleep, 60)
threading.Thread(target=time.sleep, args=(60,)).start()
print("over")
