score = 0
def win():
    score = score + 1
win()
