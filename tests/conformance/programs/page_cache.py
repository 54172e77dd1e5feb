# about: files that are written and read again and again are no memory of the program
# outcome: OUTCOME_OK
# limits: wall_ms=15000
# stdout: ok
import os
import sys

with open("/tmp/data", "wb") as file:
    for _ in range(20):
        file.write(os.urandom(1 << 20))
for _ in range(5):
    with open("/tmp/data", "rb") as file:
        while file.read(1 << 20):
            pass
total = 0
for folder, _, names in os.walk(os.path.dirname(os.__file__)):
    for name in names:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                total += len(file.read())
        except OSError:
            pass
print("ok" if total > 10 << 20 else total)
