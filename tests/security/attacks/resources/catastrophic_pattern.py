# attack: matches a pattern that takes exponential time inside C code
# family: resources
# expect: outcome OUTCOME_TIME_LIMIT
# ends-within: 7s
# stops-it: time limit by kill from outside
import re

re.match(r"(a+)+$", "a" * 60 + "b")
print("ESCAPED it ended")
