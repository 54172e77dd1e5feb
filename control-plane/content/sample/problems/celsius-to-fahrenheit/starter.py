celsius = float(input())

# Work out the temperature in degrees Fahrenheit.
fahrenheit = celsius
print(fahrenheit)
