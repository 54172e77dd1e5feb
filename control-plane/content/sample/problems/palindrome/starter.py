text = input()

if text == text[::-1]:
    print("yes")
else:
    print("no")
