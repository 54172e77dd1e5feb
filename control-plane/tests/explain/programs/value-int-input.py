age = int(input("Age? "))
