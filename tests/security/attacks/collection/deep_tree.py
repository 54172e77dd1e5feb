# attack: leaves a thousand folders in each other, so that a path is too long for anybody
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt
# left-out: BAD_NAME=2
# stops-it: paths of at most 16 parts, opened from the top each time, no recursion
import os

home = os.getcwd()
with open("own.txt", "w") as file:
    file.write("own")
for name in ("a", "b" * 200):
    os.chdir(home)
    for _ in range(1000):
        os.mkdir(name)
        os.chdir(name)
    with open("deep.txt", "w") as file:
        file.write("too deep")
