for number in range(10 ** 9):
    print("Hello!")
