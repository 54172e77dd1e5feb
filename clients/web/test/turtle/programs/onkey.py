import turtle

player = turtle.Turtle()
player.shape("turtle")


def up():
    player.forward(50)


def jump(x, y):
    player.goto(x, y)


turtle.onkey(up, "Up")
turtle.onkeypress(up, "space")
turtle.onscreenclick(jump)
turtle.listen()
player.circle(80)
turtle.mainloop()
