class Dog:
    def greet(self):
        bark()

    def bark(self):
        print("Woof")


Dog().greet()
