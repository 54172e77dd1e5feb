amount = int(input())
coins = sorted((int(part) for part in input().split()), reverse=True)

count = 0
for coin in coins:
    count += amount // coin
    amount %= coin
print(count if amount == 0 else -1)
