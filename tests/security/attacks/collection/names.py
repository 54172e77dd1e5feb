# attack: names files so that whoever writes them down goes astray
# family: collection
# expect: outcome OUTCOME_OK
# collects: own*
# left-out: BAD_NAME=10
# stops-it: names are UTF-8 of 255 bytes without control characters, paths have 16 parts
import os

for name in (b"new\nline", b"return\r", b"tab\t", b"\xff\xfe", b"\x1b[2J", b"bell\x07", b"\xc2\x9b31m", b"del\x7f"):
    with open(name, "wb") as file:
        file.write(b"bad")
os.makedirs(b"folder\n/inside")
with open(b"folder\n/inside/file", "wb") as file:
    file.write(b"bad")
os.makedirs("o" * 250)
with open("o" * 250 + "/toolong", "wb") as file:
    file.write(b"bad")
for name in ("own" + "n" * 252, "own..", "own\\..\\..\\windows", "own C:", "own-~", "own ..", "own日本語", "own\u202etxt.exe"):
    with open(name, "wb") as file:
        file.write(b"own")
