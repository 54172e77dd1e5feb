steps = input()

east = 0
north = 0
count = 1
digits = ""
for step in steps:
    if step.isdigit():
        digits = digits + step
        count = int(digits)
        continue
    digits = ""
    if step == "N":
        north = north + count
    elif step == "S":
        north = north - count
    elif step == "E":
        east = east + count
    elif step == "W":
        east = east - count
print(east, north)
