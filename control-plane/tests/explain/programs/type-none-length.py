x = None
print(len(x))
