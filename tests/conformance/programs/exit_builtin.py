# about: quit() and exit() are there for beginners
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 4
exit(4)
