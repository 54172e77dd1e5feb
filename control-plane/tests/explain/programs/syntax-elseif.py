x = 3
if x > 5:
    print("big")
elseif x > 2:
    print("medium")
