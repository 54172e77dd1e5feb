age = 12
if age > 10
    print("old enough")
