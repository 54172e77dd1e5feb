# attack: closes its output and ends well after a while
# family: output
# expect: outcome OUTCOME_OK
# ends-within: 4s
# stops-it: the run ends by the process, never by end-of-file
import os
import time

os.write(1, b"before\n")
os.closerange(0, 65536)
time.sleep(0.5)
os._exit(0)
