total = 0
for number in range(10 ** 12):
    total += number
print(total)
