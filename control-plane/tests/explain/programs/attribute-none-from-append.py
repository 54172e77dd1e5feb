numbers = [1]
numbers = numbers.append(2)
numbers.append(3)
