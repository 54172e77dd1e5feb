def greet(name):
    print(name)
greet(nmae="Ada")
