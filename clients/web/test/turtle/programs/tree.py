import turtle


def branch(pen, length):
    if length < 12:
        return
    pen.pensize(length / 12)
    pen.pencolor("brown" if length > 30 else "forest green")
    pen.forward(length)
    pen.right(25)
    branch(pen, length * 0.75)
    pen.left(50)
    branch(pen, length * 0.75)
    pen.right(25)
    pen.penup()
    pen.backward(length)
    pen.pendown()


pen = turtle.Turtle()
pen.speed(0)
pen.left(90)
pen.penup()
pen.backward(200)
pen.pendown()
branch(pen, 100)
turtle.done()
