import turtle

turtle.speed(0)
turtle.pensize(4)
for step in range(6):
    turtle.forward(100)
    turtle.left(60)
for step in range(4):
    turtle.undo()
other = turtle.Turtle()
other.color("red")
other.circle(100)
other.clear()
other.left(90)
other.forward(120)
other.dot(30)
other.undo()
other.write("gone")
other.undo()
turtle.done()
