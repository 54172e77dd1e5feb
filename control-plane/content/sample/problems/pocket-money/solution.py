price = int(input())
per_week = int(input())

weeks = price // per_week
if price % per_week != 0:
    weeks = weeks + 1
print(weeks)
