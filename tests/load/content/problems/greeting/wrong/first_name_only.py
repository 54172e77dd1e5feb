name = input()
print("Hello, " + name.split()[0] + "!")
