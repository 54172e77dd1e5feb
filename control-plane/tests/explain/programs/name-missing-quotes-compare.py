answer = "yes"
if answer == yes:
    print("good")
