with open("notes.txt") as file:
    print(file.read())
