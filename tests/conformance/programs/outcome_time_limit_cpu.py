# about: a busy loop ends at the CPU limit long before the wall-clock limit
# outcome: OUTCOME_TIME_LIMIT
# limits: wall_ms=12000 cpu_ms=500
# ends-within: 4s
while True:
    pass
