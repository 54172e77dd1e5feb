"""Sets the stage for an author's checker, in a sandbox of its own.

Standard input has everything: a line with three sizes in bytes, then input, expected output and the
student's output. They become files. The checker then runs as a program of its own: its arguments are
those of a Kattis output validator, and the student's output is on its standard input. What it writes
to feedback/teammessage.txt is printed when it ends.
"""

import os
import runpy
import sys

FILES = ("input.txt", "expected.txt", "actual.txt")
FEEDBACK = "feedback"


def write_files(stream):
    sizes = [int(size) for size in stream.readline().split()]
    for name, size in zip(FILES, sizes, strict=True):
        with open(name, "wb") as file:
            file.write(stream.read(size))


def print_message():
    message = os.path.join(FEEDBACK, "teammessage.txt")
    if os.path.isfile(message):
        with open(message, encoding="utf-8", errors="replace") as file:
            sys.stdout.write(file.read())


write_files(sys.stdin.buffer)
os.mkdir(FEEDBACK)
# Whatever bytes the student's program wrote, reading them as text must not fail.
sys.stdin = open("actual.txt", encoding="utf-8", errors="replace")
sys.argv = ["checker.py", "input.txt", "expected.txt", FEEDBACK]
try:
    runpy.run_path("checker.py", run_name="__main__")
finally:
    print_message()
