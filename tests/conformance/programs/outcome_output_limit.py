# about: too much output ends the run
# outcome: OUTCOME_OUTPUT_LIMIT
# ends-within: 4s
while True:
    print("again and again " * 60)
