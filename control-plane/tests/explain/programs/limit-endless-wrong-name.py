counter = 3
while counter > 0:
    print(counter)
    conter = counter - 1
