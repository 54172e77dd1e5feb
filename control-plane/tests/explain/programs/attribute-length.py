word = "cat"
print(word.length)
