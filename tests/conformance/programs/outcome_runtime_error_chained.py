# about: a chained exception shows both parts, and no line that isn't the student's
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stderr-contains: KeyError: 'colour'
# stderr-contains: During handling of the above exception, another exception occurred:
# stderr-contains: File "main.py", line 15, in <module>
# stderr-contains: ValueError: no colour
# stderr-lacks: /usr/lib
# stderr-lacks: runpy
# stderr-lacks: importlib
# stderr-lacks: exec(
try:
    {}["colour"]
except KeyError:
    raise ValueError("no colour")
