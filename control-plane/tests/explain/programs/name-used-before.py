print(total)
total = 5
