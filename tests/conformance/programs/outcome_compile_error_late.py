# about: an error that only the compiler finds, after parsing
# outcome: OUTCOME_COMPILE_ERROR
# compile-error: 6 1 SyntaxError
# stdout-lacks: never
print("never")
return 1
