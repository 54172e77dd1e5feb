n = int(input())
values = [float(part) for part in input().split()]

mean = sum(values) / n
print(mean)
print(sum((value - mean) ** 2 for value in values) / n)
