from statistics import mean, stdev

n = int(input())
values = [float(part) for part in input().split()]

print(mean(values))
print(stdev(values) if n > 1 else 0.0)
