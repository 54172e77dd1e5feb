# attack: ends with code 0 before the function returns
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK
# function-status: NO_RESULT
# stops-it: no result is no result, whatever the exit code
import os


def solve(a, b):
    os._exit(0)
