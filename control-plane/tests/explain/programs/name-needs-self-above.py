class Dog:
    def bark(self):
        print("Woof")

    def greet(self):
        bark()


Dog().greet()
