# attack: writes to standard error without end
# family: output
# expect: outcome OUTCOME_OUTPUT_LIMIT
# ends-within: 4s
# stops-it: output cap with back-pressure
import sys

while True:
    sys.stderr.write("flood " * 1000)
