steps = input()

east = 0
north = 0
for step in steps:
    if step == "N":
        north = north + 1
    # Add the other directions, then the numbers.
print(east, north)
