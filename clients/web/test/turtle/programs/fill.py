import turtle

turtle.speed(6)
for place, colour in ((-200, "tomato"), (-60, "gold"), (80, "SkyBlue3")):
    turtle.penup()
    turtle.goto(place, -50)
    turtle.pendown()
    turtle.fillcolor(colour)
    turtle.begin_fill()
    for side in range(5):
        turtle.forward(120)
        turtle.left(144)
    turtle.end_fill()
turtle.penup()
turtle.goto(0, 120)
turtle.pendown()
with_hole = turtle.Turtle(visible=False)
with_hole.color("navy", "light green")
with_hole.begin_fill()
with_hole.circle(60)
with_hole.circle(30)
with_hole.end_fill()
turtle.hideturtle()
turtle.done()
