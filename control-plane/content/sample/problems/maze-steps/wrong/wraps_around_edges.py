from collections import deque

rows, columns = map(int, input().split())
maze = [input() for _ in range(rows)]

for row in range(rows):
    for column in range(columns):
        if maze[row][column] == "S":
            start = (row, column)

steps = {start: 0}
queue = deque([start])
answer = -1
while queue:
    row, column = queue.popleft()
    if maze[row][column] == "E":
        answer = steps[(row, column)]
        break
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        cell = ((row + down) % rows, (column + right) % columns)
        if maze[cell[0]][cell[1]] != "#" and cell not in steps:
            steps[cell] = steps[(row, column)] + 1
            queue.append(cell)
print(answer)
