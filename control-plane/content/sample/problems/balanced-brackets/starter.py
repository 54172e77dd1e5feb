def check(line):
    stack = []
    for position, character in enumerate(line, start=1):
        # Push opening brackets, compare closing ones.
        pass
    return "balanced"


n = int(input())
for _ in range(n):
    print(check(input()))
