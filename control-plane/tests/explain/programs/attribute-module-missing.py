import math
print(math.random())
