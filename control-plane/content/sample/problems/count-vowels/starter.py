text = input()

count = 0
for letter in text:
    # Add 1 to count if letter is a vowel.
    pass
print(count)
