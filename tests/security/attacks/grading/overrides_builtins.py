# attack: replaces builtins, json, sys.exit and isinstance before it returns nonsense
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# function-status: RETURNED|NOT_DATA|NO_RESULT
# stops-it: the expected value is not here, so lies can't be shaped to it
import builtins
import json
import sys


def solve(a, b):
    for name in ("isinstance", "type", "len", "print", "open", "repr", "str", "int", "float", "list", "dict"):
        setattr(builtins, name, lambda *arguments, **named: True)
    json.dumps = lambda *arguments, **named: "3"
    json.JSONEncoder.encode = lambda *arguments: "3"
    sys.exit = lambda *arguments: None
    return object()
