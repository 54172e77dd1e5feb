points = -1
assert points >= 0, "points must not be negative"
