def read_ages():
    ages = [12, 13]
ages = read_ages()
for age in ages:
    print(age)
