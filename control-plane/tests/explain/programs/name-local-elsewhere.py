def play():
    points = 10
play()
print(points)
