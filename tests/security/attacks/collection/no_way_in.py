# attack: closes the working directory itself
# family: collection
# expect: outcome OUTCOME_OK
# collects: nothing
# left-out: UNREADABLE=1
# stops-it: files are collected with no more rights than the program had; what can't be read is told
import os

with open("hidden.txt", "w") as file:
    file.write("own")
os.chmod(".", 0)
