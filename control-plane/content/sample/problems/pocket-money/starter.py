price = int(input())
per_week = int(input())

# How many weeks until you have enough?
weeks = 0
print(weeks)
