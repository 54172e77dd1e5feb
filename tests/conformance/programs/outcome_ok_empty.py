# about: a program of comments alone does nothing, successfully
# outcome: OUTCOME_OK
# exit-code: 0
