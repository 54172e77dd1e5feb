age = int(input())

if age < 4:
    print("Free")
elif age <= 12:
    print("Price: 5")
elif age <= 17:
    print("Price: 7")
elif age <= 64:
    print("Price: 10")
else:
    print("Price: 6")
