# about: a syntax error is found before anything runs
# outcome: OUTCOME_COMPILE_ERROR
# compile-error: 8 11 SyntaxError
# stdout-lacks: never
print("never")


numbers = [1, 2
print(numbers)
