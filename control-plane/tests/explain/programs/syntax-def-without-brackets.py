def greet:
    print("Hi")
greet()
