numbers = []
numbers[0] = 5
