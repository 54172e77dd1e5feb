# about: text that no editor shows is a compile error as well
# outcome: OUTCOME_COMPILE_ERROR
# compile-error: 5 9 SyntaxError
# stdout-lacks: never
price = “12”
print("never")
