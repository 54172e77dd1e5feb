text = input().lower()
clean = "".join(letter for letter in text if letter.isalnum())

if clean[0] == clean[-1]:
    print("yes")
else:
    print("no")
