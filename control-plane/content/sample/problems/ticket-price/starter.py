age = int(input())

if age < 4:
    print("Free")
# Add the other ages with elif and else.
