# Right, but exponential.
amount = int(input())
coins = [int(part) for part in input().split()]


def fewest(rest):
    if rest == 0:
        return 0
    best = None
    for coin in coins:
        if coin <= rest:
            count = fewest(rest - coin)
            if count is not None and (best is None or count + 1 < best):
                best = count + 1
    return best


answer = fewest(amount)
print(-1 if answer is None else answer)
