text = input()

clean = ""
for letter in text.lower():
    if letter.isalnum():
        clean = clean + letter

if clean == clean[::-1]:
    print("yes")
else:
    print("no")
