from statistics import mean
print(mean([4, 6]))
