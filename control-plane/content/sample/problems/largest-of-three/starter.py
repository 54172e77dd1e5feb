def largest(a, b, c):
    # Return the largest of the three numbers.
    return a
