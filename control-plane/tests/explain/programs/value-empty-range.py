import random
print(random.randint(6, 1))
