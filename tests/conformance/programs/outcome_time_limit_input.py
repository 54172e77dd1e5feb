# about: a program that swallows every exception still ends at the time limit
# outcome: OUTCOME_TIME_LIMIT
# limits: wall_ms=1500
# ends-within: 3s
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
