import sys
import traceback
try:
    int("x")
except ValueError:
    traceback.print_exc()
    sys.exit(1)
