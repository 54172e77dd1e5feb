rows, columns = map(int, input().split())
maze = [input() for _ in range(rows)]

for row in range(rows):
    for column in range(columns):
        if maze[row][column] == "S":
            start = (row, column)
        if maze[row][column] == "E":
            end = (row, column)

print(abs(start[0] - end[0]) + abs(start[1] - end[1]))
