number = 5
print(numbr)
