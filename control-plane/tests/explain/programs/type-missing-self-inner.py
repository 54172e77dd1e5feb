def main():
    class Dog:
        def bark():
            print("Woof")

    Dog().bark()


main()
