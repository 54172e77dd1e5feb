x = 12
print(x[0])
