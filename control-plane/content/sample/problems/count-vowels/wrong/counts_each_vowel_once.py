text = input().lower()

count = 0
for vowel in "aeiou":
    if vowel in text:
        count = count + 1
print(count)
