import turtle

screen = turtle.Screen()
screen.colormode(255)
screen.bgcolor(230, 240, 255)
pen = turtle.Turtle()
pen.speed(0)
pen.pensize(8)
for step in range(36):
    pen.pencolor(step * 7, 255 - step * 7, 128)
    pen.forward(180)
    pen.backward(180)
    pen.right(10)
screen.colormode(1.0)
pen.color(0.2, 0.6, 0.1)
pen.circle(200, 90)
pen.color("#ff8800", "#08f")
pen.shapesize(3)
screen.exitonclick()
