# about: sys.exit(0) in the middle is a good end
# outcome: OUTCOME_OK
# exit-code: 0
# stdout: done
import sys

print("done")
sys.exit(0)
print("never")
