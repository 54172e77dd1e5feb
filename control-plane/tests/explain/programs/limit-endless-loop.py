n = 10
total = 0
while n > 0:
    total = total + n
print(total)
