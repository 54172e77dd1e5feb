# attack: fills both streams in turn, so that a reader of one at a time stands still
# family: output
# expect: outcome OUTCOME_OUTPUT_LIMIT
# ends-within: 4s
# stops-it: both streams drained at the same time
import os

while True:
    os.write(1, b"o" * 40000)
    os.write(2, b"e" * 40000)
