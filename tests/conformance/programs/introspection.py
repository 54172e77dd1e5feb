# about: ast, dis, tokenize, traceback, gc, weakref, sys, platform, importlib
# outcome: OUTCOME_OK
# stdout: ok
import ast
import dis
import gc
import importlib
import io
import os
import platform
import sys
import tokenize
import traceback
import weakref

assert ast.unparse(ast.parse("a=1+ 2")) == "a = 1 + 2" and ast.literal_eval("[1, {'a': 2}]") == [1, {"a": 2}]
assert any(step.opname == "RETURN_VALUE" for step in dis.get_instructions(lambda: 1))
assert len(list(tokenize.generate_tokens(io.StringIO("a = 1\n").readline))) == 5
try:
    1 / 0
except ZeroDivisionError:
    assert "main.py" in traceback.format_exc()


class Node:
    pass


node = Node()
node.self = node
watch = weakref.ref(node)
del node
gc.collect()
assert watch() is None
assert importlib.import_module("math").pi > 3
assert platform.python_implementation() == "CPython" and platform.system() == "Linux" and sys.getsizeof([]) > 0
assert (os.cpu_count() or 1) >= 1
print("ok")
