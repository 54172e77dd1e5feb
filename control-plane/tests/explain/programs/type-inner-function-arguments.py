def main():
    def greet():
        print("Hello")

    greet("Ada")


main()
