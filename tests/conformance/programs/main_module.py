# about: the program is the main module, as when started from a file
# outcome: OUTCOME_OK
# stdout: ok
import __main__
import sys

assert __name__ == "__main__"
assert sys.modules["__main__"] is __main__ and __main__.sys is sys
assert sys.argv == ["main.py"], sys.argv
assert __file__.endswith("main.py"), __file__
assert __doc__ is None and __builtins__ is not None
value = 5
assert __main__.value == 5 and globals()["value"] == 5
exec("value += 1")
assert value == 6
print("ok")
