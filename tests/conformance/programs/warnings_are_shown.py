# about: warnings name main.py and don't end the program
# outcome: OUTCOME_OK
# stderr-contains: main.py:7: UserWarning: careful
# stdout: ok
import warnings

warnings.warn("careful")
print("ok")
