import turtle

screen = turtle.Screen()
screen.register_shape("kite", ((0, 0), (15, 25), (0, 60), (-15, 25)))
flower = turtle.Shape("compound")
for angle in range(0, 360, 60):
    petal = turtle.Vec2D(0, 30).rotate(angle)
    side = turtle.Vec2D(8, 15).rotate(angle)
    flower.addcomponent(((0, 0), tuple(side), tuple(petal)), "pink", "red")
screen.register_shape("flower", flower)
pen = turtle.Turtle(shape="kite")
pen.color("black", "orange")
pen.penup()
for step in range(8):
    pen.stamp()
    pen.right(45)
    pen.forward(60)
gardener = turtle.Turtle(shape="flower")
gardener.penup()
gardener.goto(100, 150)
gardener.stamp()
gardener.goto(200, 100)
screen.mainloop()
