word = "cat"
word.append("s")
