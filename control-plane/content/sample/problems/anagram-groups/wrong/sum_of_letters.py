n = int(input())

groups = {}
for _ in range(n):
    word = input()
    key = sum(ord(letter) for letter in word)
    groups.setdefault(key, []).append(word)

for group in groups.values():
    print(" ".join(sorted(group)))
