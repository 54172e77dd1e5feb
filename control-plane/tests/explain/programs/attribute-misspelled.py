numbers = [1]
numbers.apend(2)
