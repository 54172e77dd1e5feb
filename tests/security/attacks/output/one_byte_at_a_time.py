# attack: writes a hundred thousand single bytes, so that each one costs the daemon a message
# family: output
# expect: outcome OUTCOME_OK|OUTCOME_TIME_LIMIT
# ends-within: 7s
# stops-it: bounded reads, output is gathered
import os

for number in range(100_000):
    os.write(1 + number % 2, b"x")
