greet()
def greet():
    print("Hi")
