größe = 5
print(grösse)
