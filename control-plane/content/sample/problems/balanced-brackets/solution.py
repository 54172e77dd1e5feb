PARTNER = {")": "(", "]": "[", "}": "{"}


def check(line):
    stack = []
    for position, character in enumerate(line, start=1):
        if character in "([{":
            stack.append(character)
        elif character in PARTNER:
            if not stack or stack.pop() != PARTNER[character]:
                return f"broken at {position}"
    return "balanced" if not stack else "broken at end"


n = int(input())
for _ in range(n):
    print(check(input()))
