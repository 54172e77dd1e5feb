import turtle

turtle.setup(640, 600)
turtle.setworldcoordinates(-1, -1, 11, 11)
turtle.speed(0)
turtle.pensize(2)
turtle.color("gray40")
for value in range(11):
    turtle.penup()
    turtle.goto(0, value)
    turtle.pendown()
    turtle.goto(10, value)
    turtle.penup()
    turtle.goto(value, 0)
    turtle.pendown()
    turtle.goto(value, 10)
turtle.penup()
turtle.color("red")
turtle.goto(0, 0)
turtle.pendown()
for value in range(11):
    turtle.goto(value, value * value / 10)
turtle.done()
