count = 0
whlie count < 3:
    count = count + 1
