amount = int(input())
coins = [int(part) for part in input().split()]

fewest = [0]  # fewest[x] is the smallest number of coins for the amount x
print(-1)
