from math import sqrt

n = int(input())
values = [float(part) for part in input().split()]

mean = sum(values) / n
deviation = sqrt(sum((value - mean) ** 2 for value in values) / n)
print(mean)
print(deviation)
