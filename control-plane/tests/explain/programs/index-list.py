colours = ["red", "blue"]
print(colours[2])
