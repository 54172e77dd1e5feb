# about: an uncaught KeyboardInterrupt is an error
# outcome: OUTCOME_RUNTIME_ERROR
# stderr-contains: KeyboardInterrupt
raise KeyboardInterrupt
