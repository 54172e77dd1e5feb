ages = {"Ada": 12}
print(ages["Tom"])
