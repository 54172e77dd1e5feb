name = input()
# Now greet the person called name.
