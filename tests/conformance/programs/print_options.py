# about: print with sep, end, file and flush
# outcome: OUTCOME_OK
# stdout: 1-2-3!4
# stderr: to the other stream
import sys

print(1, 2, 3, sep="-", end="!")
print(4, flush=True)
print("to the other stream", file=sys.stderr)
