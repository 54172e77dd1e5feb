# about: sys.exit(3)
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 3
# stdout: bye
import sys

print("bye")
sys.exit(3)
