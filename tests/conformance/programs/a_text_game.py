# about: a game of guessing, as beginners write it
# outcome: OUTCOME_OK
# stdin: 50
# stdin: 25
# stdin: 37
# stdin: x
# stdin: 42
# stdout-contains: Too high
# stdout-contains: That is not a number.
# stdout-contains: Right, after 4 tries!
secret = 42
tries = 0
while True:
    try:
        guess = int(input("Your guess: "))
    except ValueError:
        print("That is not a number.")
        continue
    tries += 1
    if guess == secret:
        break
    print("Too low" if guess < secret else "Too high")
print(f"Right, after {tries} tries!")
