from collections import deque

rows, columns = map(int, input().split())
maze = [input() for _ in range(rows)]

# Find S, then let the water flow.
print(-1)
