# about: input() reads line by line
# outcome: OUTCOME_OK
# stdin: Mira
# stdin: 12
# stdout: Mira is 13 next year
name = input()
age = int(input())
print(f"{name} is {age + 1} next year")
