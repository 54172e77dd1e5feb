# attack: closes all its descriptors and goes on
# family: output
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=2000
# ends-within: 4s
# stops-it: the run ends by the process and the clock, never by end-of-file
import os

os.closerange(0, 65536)
while True:
    pass
