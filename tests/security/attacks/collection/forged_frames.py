# attack: writes what a collector would say wherever it can: into files, streams and every descriptor, and looks for the collector
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt own2.txt
# stops-it: the program holds no end of that socket, and is dead before there is a collector
import os
import stat

frame = b"F\x06forged\x03\x00\x00\x00own" + b"E" + bytes(7 * 5)
with open("own.txt", "wb") as file:
    file.write(b"own" + frame * 100)
with open("own2.txt", "wb") as file:
    file.write(b"own" + b"E" + bytes(35))
held = []
for number in range(256):
    try:
        os.fstat(number)
    except OSError:
        continue
    held.append(number)
    if stat.S_ISSOCK(os.fstat(number).st_mode):
        print("ESCAPED a socket at", number)
    try:
        os.write(number, frame)
    except OSError as refusal:
        print("refused", refusal.strerror)
print("held", held)
