def largest(a, b, c):
    best = 0
    for number in (a, b, c):
        if number > best:
            best = number
    return best
