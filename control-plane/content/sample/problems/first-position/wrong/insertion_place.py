from bisect import bisect_left


def first_position(values, target):
    return bisect_left(values, target)
