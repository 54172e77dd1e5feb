# attack: prints without end
# family: output
# expect: outcome OUTCOME_OUTPUT_LIMIT
# ends-within: 4s
# stops-it: output cap with back-pressure
while True:
    print("flood " * 1000)
