steps = input()

east = 0
north = 0
digits = ""
for step in steps:
    if step.isdigit():
        digits = digits + step
        continue
    count = int(digits or "1")
    digits = ""
    east += {"E": count, "W": -count}.get(step, 0)
    north += {"N": count, "S": -count}.get(step, 0)
print(north, east)
