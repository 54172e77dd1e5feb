def largest(a, b, c):
    print(max(a, b, c))
