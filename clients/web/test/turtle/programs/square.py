import turtle

for side in range(4):
    turtle.forward(150)
    turtle.left(90)
turtle.done()
