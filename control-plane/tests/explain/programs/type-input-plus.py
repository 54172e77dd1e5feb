age = input("How old are you? ")
print("Next year:", age + 1)
