# about: turtle without a display: a picture for nobody, and every question about it answered as on a screen
# outcome: OUTCOME_OK
# stdout: (100.00,100.00) 90.0
# stdout: (5, 4) 640 600 (400, 300)
# stdout: 1 gold (255.0, 0.0, 0.0)
# stdout: bad color string: no such colour
# stdout: 0.0 0.0
import turtle

pen = turtle.Turtle()
pen.speed(0)
pen.forward(100)
pen.left(90)
pen.forward(100)
print(pen.pos(), pen.heading())
pen.shapesize(5, 4)
print(pen.shapesize()[:2], turtle.window_width(), turtle.window_height(), turtle.screensize())
turtle.colormode(255)
pen.color("gold")
other = turtle.Turtle()
other.color(255, 0, 0)
stamp = pen.stamp()
pen.clearstamp(stamp)
print(pen.undobufferentries() > 0 and 1, pen.pencolor(), other.pencolor())
try:
    pen.color("no such colour")
except turtle.TurtleGraphicsError as error:
    print(error)
turtle.Screen().reset()
print(pen.xcor(), pen.ycor())
turtle.done()
