def first_position(values, target):
    low = 0
    high = len(values)
    # Halve the part between low and high until one place is left.
    return -1
