steps = input()

east = 0
north = 0
count = 1
for step in steps:
    if step.isdigit():
        count = int(step)
        continue
    if step == "N":
        north = north + count
    elif step == "S":
        north = north - count
    elif step == "E":
        east = east + count
    elif step == "W":
        east = east - count
    count = 1
print(east, north)
