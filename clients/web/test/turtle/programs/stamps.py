import turtle

pen = turtle.Turtle(shape="turtle")
pen.speed(0)
pen.penup()
pen.color("dark violet", "plum")
stamps = []
size = 20
for step in range(28):
    stamps.append(pen.stamp())
    size += 4
    pen.forward(size)
    pen.right(24)
pen.clearstamp(stamps[5])
pen.clearstamps(-3)
pen.shape("triangle")
pen.shapesize(2, 4, 3)
pen.tilt(30)
pen.goto(0, 0)
turtle.done()
