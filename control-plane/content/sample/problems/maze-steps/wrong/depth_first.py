rows, columns = map(int, input().split())
maze = [input() for _ in range(rows)]

for row in range(rows):
    for column in range(columns):
        if maze[row][column] == "S":
            start = (row, column)

steps = {start: 0}
stack = [start]
answer = -1
while stack:
    row, column = stack.pop()
    if maze[row][column] == "E":
        answer = steps[(row, column)]
        break
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        cell = (row + down, column + right)
        if 0 <= cell[0] < rows and 0 <= cell[1] < columns:
            if maze[cell[0]][cell[1]] != "#" and cell not in steps:
                steps[cell] = steps[(row, column)] + 1
                stack.append(cell)
print(answer)
