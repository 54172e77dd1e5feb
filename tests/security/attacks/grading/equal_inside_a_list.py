# attack: hides an object that is equal to everything inside lists and dictionaries
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# function-status: NOT_DATA
# stops-it: results are plain data, compared outside
class Equal:
    def __eq__(self, other):
        return True


def solve(a, b):
    return [{"sum": [Equal()]}]
