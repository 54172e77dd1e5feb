n = int(input())

groups = {}
for _ in range(n):
    word = input()
    groups.setdefault(frozenset(word), []).append(word)

for group in groups.values():
    print(" ".join(sorted(group)))
