# about: a program that took the interpreter apart still ends as it would by itself
# outcome: OUTCOME_OK
# exit-code: 0
# stdout: still here
# stderr-lacks: Traceback
import gc
import os
import sys

os._exit = None
gc.collect = None
print("still here")
sys.modules.clear()
sys.modules = None
