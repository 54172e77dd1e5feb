# about: a program can read its own source
# outcome: OUTCOME_OK
# stdout: ok
import inspect


def twice(value):
    return 2 * value


assert "def twice" in open(__file__).read()
assert inspect.getsource(twice) == "def twice(value):\n    return 2 * value\n"
assert inspect.signature(twice).parameters.keys() == {"value"}
print("ok")
