# attack: writes one line without end, so that a reader of lines buffers it all
# family: output
# expect: outcome OUTCOME_OUTPUT_LIMIT
# ends-within: 4s
# stops-it: output is bytes with a hard cap
import os

while True:
    os.write(1, b"x" * 65536)
