"""Accepts the same lines, each as often, in any order. Empty lines and white space at the end of a
line don't count.

An output validator: INPUT ANSWER FEEDBACK_FOLDER, and the output on standard input.
"""

import sys

CASE_SENSITIVE = True
SPACE = b" \t\n\r\x0b\x0c"


def normal(text):
    if not CASE_SENSITIVE:
        text = text.lower()
    lines = (line.rstrip(SPACE) for line in text.split(b"\n"))
    return sorted(line for line in lines if line)


with open(sys.argv[2], "rb") as answer:
    expected = normal(answer.read())
sys.exit(42 if normal(sys.stdin.buffer.read()) == expected else 43)
