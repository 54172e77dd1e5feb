def grade(points):
    if points > 50:
        text = "passed"
    return text
print(grade(20))
