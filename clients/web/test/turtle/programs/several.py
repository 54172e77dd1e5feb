import turtle

screen = turtle.Screen()
screen.setup(640, 600)
runners = []
for number, (colour, shape) in enumerate([("red", "turtle"), ("blue", "arrow"), ("green", "circle"), ("orange", "square")]):
    runner = turtle.Turtle(shape=shape)
    runner.color(colour)
    runner.penup()
    runner.goto(-250, 150 - number * 100)
    runner.pendown()
    runners.append(runner)
for step in range(10):
    for number, runner in enumerate(runners):
        runner.forward(20 + 8 * number)
        runner.right(5 - 3 * number)
screen.mainloop()
