ages = {"Ada": 12, "Bob": 13}
for name, age in ages:
    print(name, age)
