# attack: ends with sys.exit(0) while the program is read, before any test
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK
# function-status: NO_RESULT|NOT_DEFINED
# stops-it: no result is no result, whatever the exit code
import sys

sys.exit(0)
