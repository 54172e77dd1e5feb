x = 3
y = 1 if x > 2
