# attack: returns an object that is equal to everything
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# function-status: NOT_DATA
# stops-it: results are plain data, compared outside
class Equal:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0

    def __repr__(self):
        return "3"

    __str__ = __repr__


def solve(a, b):
    return Equal()
