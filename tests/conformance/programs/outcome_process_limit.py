# about: too many threads end a program that isn't ready for it
# outcome: OUTCOME_PROCESS_LIMIT
# ends-within: 4s
import threading
import time

for _ in range(200):
    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
