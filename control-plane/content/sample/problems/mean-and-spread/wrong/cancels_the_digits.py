from math import sqrt

n = int(input())
values = [float(part) for part in input().split()]

mean = sum(values) / n
mean_of_squares = sum(value * value for value in values) / n
print(mean)
print(sqrt(max(0.0, mean_of_squares - mean * mean)))
