# attack: looks for what the run before left in the interpreter
# family: between-runs
# expect: blocked
# stops-it: one interpreter serves one run
import builtins
import gc
import sys

import kit

mark = kit.facts()["mark"]
for what, found in (
    ("builtins", hasattr(builtins, "poison")),
    ("modules", any(mark in name for name in sys.modules)),
    ("import hooks", any(getattr(hook, "name", "") == mark for hook in sys.meta_path)),
    ("path", any(mark in entry for entry in sys.path)),
    ("sys", hasattr(sys, "stdlib_module_names_poison")),
    ("recursion limit", sys.getrecursionlimit() == 54321),
    ("collector", bool(gc.callbacks) or not gc.isenabled()),
):
    if found:
        kit.escaped(f"{what} are those of the run before")
    kit.blocked(f"{what} clean")
count = sum(1 for thing in gc.get_objects() if type(thing) is dict and thing.get("name") == mark)
if count:
    kit.escaped("objects of the run before are alive")
kit.finish()
