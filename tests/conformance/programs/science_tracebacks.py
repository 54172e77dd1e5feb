# about: an error inside a library has the frames that it has anywhere, and none of ours
# outcome: OUTCOME_RUNTIME_ERROR
# profile: science
# exit-code: 1
# stderr-contains: File "main.py", line 9, in <module>
# stderr-contains: KeyError: 'no such column'
import pandas as pd

pd.DataFrame({"a": [1]})["no such column"]
