# about: a program that ends well
# outcome: OUTCOME_OK
# exit-code: 0
# stdout: hello
print("hello")
