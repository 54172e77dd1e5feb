# attack: gives one large file many names, so that far more comes back than it has room for
# family: collection
# expect: outcome OUTCOME_OK
# collects: own000
# left-out: SAME_FILE=499
# stops-it: a file comes back under one name, sums are counted by bytes sent
import os

with open("own000", "wb") as file:
    file.write(b"own" + bytes(1024 * 1024))
for number in range(1, 500):
    os.link("own000", f"own{number:03}")
