names = {1: "Ada"}
print(names[2])
