numbers = []
print(max(numbers))
