n = int(input())
words = [input() for _ in range(n)]

groups = {}
for word in words:
    key = word  # Which key do all anagrams of a word share?
    groups.setdefault(key, []).append(word)

for group in groups.values():
    print(" ".join(group))
