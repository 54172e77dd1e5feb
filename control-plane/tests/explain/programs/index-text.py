word = "cat"
print(word[5])
