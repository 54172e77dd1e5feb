limit = "10"
print(5 < limit)
