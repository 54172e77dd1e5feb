import helpers
print(helpers.add("1", 2))
