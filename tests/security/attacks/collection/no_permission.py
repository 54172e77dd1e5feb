# attack: takes away all permission to its files and folders, so that only somebody with more rights could read them
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt
# left-out: UNREADABLE=3
# stops-it: files are collected with no more rights than the program had
import os

os.mkdir("closed")
os.mkdir("listable")
for path in ("closed/a", "listable/b", "c", "own.txt"):
    with open(path, "w") as file:
        file.write("own")
os.chmod("c", 0)
os.chmod("closed", 0)
os.chmod("listable", 0o600)
