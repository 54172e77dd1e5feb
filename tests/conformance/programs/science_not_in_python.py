# about: the standard library's profile has no numpy, and no way to it
# outcome: OUTCOME_OK
# stdout: ok
import sys

try:
    import numpy
except ModuleNotFoundError as error:
    assert error.name == "numpy"
else:
    raise AssertionError("it was found")
assert not any("science" in place for place in sys.path)
print("ok")
