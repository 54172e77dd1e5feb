amount = int(input())
coins = [int(part) for part in input().split()]

IMPOSSIBLE = amount + 1
fewest = [0] + [IMPOSSIBLE] * amount
for target in range(1, amount + 1):
    for coin in coins:
        if coin <= target and fewest[target - coin] + 1 < fewest[target]:
            fewest[target] = fewest[target - coin] + 1

print(fewest[amount] if fewest[amount] < IMPOSSIBLE else -1)
