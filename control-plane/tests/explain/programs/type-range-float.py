half = 10 / 2
for i in range(half):
    print(i)
