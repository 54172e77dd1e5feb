int age = 12
print(age)
