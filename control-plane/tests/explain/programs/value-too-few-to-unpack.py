a, b = input().split()
