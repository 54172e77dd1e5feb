def greet(name="Ada", age):
    print(name, age)
