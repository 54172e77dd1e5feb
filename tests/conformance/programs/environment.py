# about: the few variables that programs rely on
# outcome: OUTCOME_OK
# stdout: ok
import os
import sys
from pathlib import Path

assert os.environ["LANG"] == "C.UTF-8"
assert Path.home().is_dir(), Path.home()
assert sys.flags.dont_write_bytecode == 1 or sys.dont_write_bytecode
assert Path.cwd().is_dir() and os.access(".", os.W_OK)
os.environ["MINE"] = "yes"
assert os.getenv("MINE") == "yes"
assert sys.version_info >= (3, 11)
assert os.path.basename(sys.executable).startswith("python3")
print("ok")
