price = int(input())
per_week = int(input())
print(price // per_week)
