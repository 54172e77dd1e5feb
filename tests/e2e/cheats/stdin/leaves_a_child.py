# The main process ends well; a child holds the output open and answers later.
import os
import time

if os.fork() == 0:
    os.setsid()
    time.sleep(3)
    print("Hello, Mira!", flush=True)
    os._exit(0)
os._exit(0)
