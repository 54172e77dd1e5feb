age = int("12")
if age = 12:
    print("twelve")
