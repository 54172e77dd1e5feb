# attack: returns a number whose own methods claim that it is another one, and equal to all
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# function-status: NOT_DATA|RETURNED
# result: 5
# stops-it: results are plain data as the interpreter stores them, compared outside
class Number(int):
    def __eq__(self, other):
        return True

    def __repr__(self):
        return "3"

    __str__ = __repr__
    __hash__ = int.__hash__

    def __int__(self):
        return 3

    __index__ = __trunc__ = __int__


def solve(a, b):
    return Number(5)
