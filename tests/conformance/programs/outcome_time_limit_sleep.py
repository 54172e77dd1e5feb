# about: a program that sleeps ends at the wall-clock limit though it uses no CPU
# outcome: OUTCOME_TIME_LIMIT
# limits: wall_ms=1500
# ends-within: 3s
import time

time.sleep(60)
