name = "Ada"
print(name.upper[0])
