numbers = [1]
numbers.push(2)
