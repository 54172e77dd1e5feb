def check(line):
    depth = {"()": 0, "[]": 0, "{}": 0}
    for position, character in enumerate(line, start=1):
        for pair in depth:
            if character == pair[0]:
                depth[pair] += 1
            elif character == pair[1]:
                depth[pair] -= 1
                if depth[pair] < 0:
                    return f"broken at {position}"
    return "broken at end" if any(depth.values()) else "balanced"


n = int(input())
for _ in range(n):
    print(check(input()))
