def greet(name, age):
    print(name, age)
greet(name="Ada", 12)
