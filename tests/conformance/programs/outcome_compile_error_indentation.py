# about: wrong indentation is a compile error
# outcome: OUTCOME_COMPILE_ERROR
# compile-error: 6 17 IndentationError
def greet():
    print("hello")
  print("never")
