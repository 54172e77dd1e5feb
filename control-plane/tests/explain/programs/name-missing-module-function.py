dice = randint(1, 6)
print(dice)
