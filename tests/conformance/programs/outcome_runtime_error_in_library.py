# about: an error inside the standard library shows its frames after the student's
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stderr-contains: File "main.py", line 9, in <module>
# stderr-contains: json.decoder.JSONDecodeError
# stderr-lacks: runpy
import json

json.loads("{")
