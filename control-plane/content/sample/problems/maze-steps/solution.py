from collections import deque

rows, columns = map(int, input().split())
maze = [input() for _ in range(rows)]


def find(symbol):
    for row in range(rows):
        for column in range(columns):
            if maze[row][column] == symbol:
                return row, column


start = find("S")
exit_cell = find("E")
steps = {start: 0}
queue = deque([start])
while queue:
    row, column = queue.popleft()
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        cell = (row + down, column + right)
        if not (0 <= cell[0] < rows and 0 <= cell[1] < columns):
            continue
        if maze[cell[0]][cell[1]] == "#" or cell in steps:
            continue
        steps[cell] = steps[(row, column)] + 1
        queue.append(cell)

print(steps.get(exit_cell, -1))
