import turtle

writer = turtle.Turtle(visible=False)
writer.penup()
lines = [("Arial", 10, "normal"), ("Arial", 16, "italic"), ("Times", 22, "bold"), ("Courier", 16, "bold italic"), ("Helvetica", 28, "normal")]
y = 200
for font in lines:
    writer.goto(-250, y)
    writer.write(f"{font[0]} {font[1]}: AaBbGgQq 123", font=font)
    y -= 70
turtle.done()
