# attack: ends while a grandchild holds its output open and keeps writing
# family: output
# expect: outcome OUTCOME_OK
# ends-within: 3s
# stops-it: the rest is killed when the main process ends, pipes are drained for a bounded time
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            os.write(1, b"still here\n")
            time.sleep(0.01)
    os._exit(0)
os.wait()
print("the end")
