# attack: returns far more than a result may hold
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK
# function-status: NOT_DATA
# stops-it: results are bounded
def solve(a, b):
    return ["x" * 1000] * 20000
