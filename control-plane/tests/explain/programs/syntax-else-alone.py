x = 3
if x > 5:
    print("big")
print("and")
else:
    print("small")
