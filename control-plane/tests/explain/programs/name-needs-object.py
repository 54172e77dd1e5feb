class Dog:
    def bark(self):
        print("Woof")


rex = Dog()
bark()
