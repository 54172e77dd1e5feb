age = input()
if age > 10:
    print("old enough")
