text = input().lower()
clean = "".join(letter for letter in text if letter.isalpha())

if clean == clean[::-1]:
    print("yes")
else:
    print("no")
