import turtle

turtle.tracer(0, 0)
turtle.hideturtle()
turtle.pencolor("dark slate blue")
for step in range(300):
    turtle.forward(step)
    turtle.left(91)
turtle.update()
turtle.forward(1000)
turtle.done()
