# about: eight queens, as older pupils write it
# outcome: OUTCOME_OK
# limits: wall_ms=10000
# stdout: 92
def queens(n, row=0, columns=frozenset(), rising=frozenset(), falling=frozenset()):
    if row == n:
        return 1
    return sum(
        queens(n, row + 1, columns | {c}, rising | {row + c}, falling | {row - c})
        for c in range(n)
        if c not in columns and row + c not in rising and row - c not in falling
    )


print(queens(8))
