# about: endless recursion is a RecursionError, not a crash
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stderr-contains: RecursionError: maximum recursion depth exceeded
# stderr-contains: [Previous line repeated


def down(n):
    return down(n + 1)


down(0)
