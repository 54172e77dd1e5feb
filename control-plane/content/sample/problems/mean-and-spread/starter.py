n = int(input())
values = [float(part) for part in input().split()]

mean = 0.0
deviation = 0.0
print(mean)
print(deviation)
