# about: sys.exit("text") prints the text to standard error and gives 1
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stderr: something is wrong
import sys

sys.exit("something is wrong")
