x = 3
print(x + wurzelbrunft(4))
