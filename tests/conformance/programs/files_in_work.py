# about: files in the working directory: write, append, read, list, rename, remove
# outcome: OUTCOME_OK
# stdout: ok
import os

with open("notes.txt", "w") as file:
    file.write("first\n")
with open("notes.txt", "a") as file:
    print("second", file=file)
with open("notes.txt") as file:
    assert file.read().splitlines() == ["first", "second"]
assert "notes.txt" in os.listdir()
os.rename("notes.txt", "old.txt")
os.mkdir("folder")
os.replace("old.txt", "folder/old.txt")
assert os.path.getsize("folder/old.txt") == 13
os.remove("folder/old.txt")
os.rmdir("folder")
try:
    open("missing.txt")
except FileNotFoundError as error:
    assert error.filename == "missing.txt"
    print("ok")
