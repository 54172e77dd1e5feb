person = None
print(person.name)
