# attack: recurses until the C stack runs over
# family: resources
# expect: outcome OUTCOME_RUNTIME_ERROR|OUTCOME_MEMORY_LIMIT
# ends-within: 6s
# stops-it: RLIMIT_STACK, memory limit
import sys

sys.setrecursionlimit(10**9)


class Endless:
    def __repr__(self):
        return repr(self)


repr(Endless())
