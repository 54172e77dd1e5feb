n = int(input())

counts = {}
for _ in range(n):
    line = input()
    # Count the words of this line.

for word in counts:
    print(word, counts[word])
