# about: an endless loop ends at the time limit, and what it printed is kept
# outcome: OUTCOME_TIME_LIMIT
# limits: wall_ms=1500
# ends-within: 3s
# stdout: started
print("started")
while True:
    pass
