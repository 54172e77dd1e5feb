# attack: returns a list that holds itself, nested without end
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# function-status: NOT_DATA|NO_RESULT
# stops-it: results are bounded, plain data
def solve(a, b):
    endless = []
    endless.append(endless)
    return endless
