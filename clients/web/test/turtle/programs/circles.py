import turtle

pen = turtle.Turtle()
pen.speed(0)
for steps in (3, 4, 5, 6, 8):
    pen.circle(20 + steps * 15, steps=steps)
pen.penup()
pen.goto(-150, 100)
pen.pendown()
pen.color("teal")
pen.width(5)
pen.circle(60, 270)
pen.circle(-40, 180)
pen.radians()
pen.left(1)
pen.forward(80)
turtle.done()
