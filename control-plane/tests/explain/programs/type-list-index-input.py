colours = ["red", "blue"]
choice = input()
print(colours[choice])
