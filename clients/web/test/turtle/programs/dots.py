import turtle

pen = turtle.Turtle()
pen.penup()
for number in range(8):
    pen.goto(-240 + number * 65, 60)
    pen.dot(10 + number * 6, "steel blue" if number % 2 else "crimson")
pen.goto(0, -120)
pen.pensize(12)
pen.dot()
pen.pencolor("purple")
pen.dot(40)
turtle.done()
