import math
n = input()
print(math.sqrt(n))
