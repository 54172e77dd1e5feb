# about: exit hooks and finalisers run in order
# outcome: OUTCOME_OK
# stdout: main
# stdout: second
# stdout: first
import atexit

atexit.register(print, "first")
atexit.register(print, "second")
print("main")
