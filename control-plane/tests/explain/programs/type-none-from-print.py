print("Hello") + "World"
