import turtle

turtle.speed(0)
turtle.bgcolor("black")
colours = ["red", "purple", "blue", "green", "orange", "yellow"]
for step in range(120):
    turtle.pencolor(colours[step % 6])
    turtle.width(step // 40 + 1)
    turtle.forward(step * 2)
    turtle.left(59)
turtle.hideturtle()
turtle.done()
