age = input()
print(100 - age)
