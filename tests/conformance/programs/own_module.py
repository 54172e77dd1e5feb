# about: a program writes a module and imports it
# outcome: OUTCOME_OK
# stdout: ok
import importlib

with open("shapes.py", "w") as file:
    file.write("def area(a, b):\n    return a * b\n")
importlib.invalidate_caches()
import shapes

assert shapes.area(3, 4) == 12 and shapes.__file__.endswith("shapes.py")
print("ok")
