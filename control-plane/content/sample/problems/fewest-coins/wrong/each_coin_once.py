amount = int(input())
coins = [int(part) for part in input().split()]

IMPOSSIBLE = amount + 1
fewest = [0] + [IMPOSSIBLE] * amount
for coin in coins:
    for target in range(amount, coin - 1, -1):
        fewest[target] = min(fewest[target], fewest[target - coin] + 1)
print(fewest[amount] if fewest[amount] < IMPOSSIBLE else -1)
