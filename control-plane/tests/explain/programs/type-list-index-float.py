colours = ["red", "blue", "green"]
middle = len(colours) / 2
print(colours[middle])
