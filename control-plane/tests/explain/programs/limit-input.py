name = input("Name? ")
age = input("Age? ")
print(name, age)
