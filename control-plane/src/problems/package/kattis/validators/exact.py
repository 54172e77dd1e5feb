"""Accepts the same bytes, but for line ends and white space at the end of the text.

An output validator: INPUT ANSWER FEEDBACK_FOLDER, and the output on standard input.
"""

import sys

SPACE = b" \t\n\r\x0b\x0c"


def normal(text):
    return text.rstrip(SPACE).replace(b"\r\n", b"\n")


with open(sys.argv[2], "rb") as answer:
    expected = normal(answer.read())
sys.exit(42 if normal(sys.stdin.buffer.read()) == expected else 43)
