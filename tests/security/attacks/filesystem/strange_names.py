# attack: makes files whose names hold line feeds, invalid UTF-8, option look-alikes and 255 bytes, so that clean-up trips
# family: filesystem
# expect: outcome OUTCOME_OK
# stops-it: clean-up by unmounting, not by walking
import os

names = [b"-rf", b"--", b"a\nb", b"\xff\xfe", b"$(reboot)", b"`id`", b"..\\..", b"x" * 255, b" ", b"\x01\x7f",
         "\u202egnp.exe".encode(), "e\u0301".encode(), b"con", b"*", b"?", b"~", b"....", b"%00", b"main.py\n"]
for spot in (os.getcwdb(), b"/tmp"):
    for name in names:
        with open(os.path.join(spot, name), "wb") as file:
            file.write(name)
        folder = os.path.join(spot, b"d" + name[:254])
        os.mkdir(folder)
        os.chmod(folder, 0)
print(len(names))
