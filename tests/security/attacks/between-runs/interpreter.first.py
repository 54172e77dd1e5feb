# attack: poisons the interpreter: builtins, modules, import hooks, hooks of exit and audit
# family: between-runs
# pair: after
# expect: outcome OUTCOME_OK
# stops-it: one interpreter serves one run
import atexit
import builtins
import gc
import sys
import threading

import kit

mark = kit.facts()["mark"]


class Poison:
    name = mark

    def find_spec(self, *arguments):
        return None


builtins.poison = mark
sys.modules["poison_" + mark] = sys
sys.meta_path.insert(0, Poison())
sys.path.append("/" + mark)
sys.addaudithook(lambda *arguments: None)
atexit.register(lambda: None)
gc.callbacks.append(lambda *arguments: None)
threading.settrace(lambda *arguments: None)
sys.stdlib_module_names_poison = mark
sys.setrecursionlimit(54321)
gc.disable()
print("poisoned")
