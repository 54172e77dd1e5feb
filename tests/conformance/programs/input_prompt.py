# about: the prompt of input() goes to standard output
# outcome: OUTCOME_OK
# stdin: blue
# stdout: Colour? You like blue.
colour = input("Colour? ")
print(f"You like {colour}.")
