a = True
if a && True:
    print("both")
