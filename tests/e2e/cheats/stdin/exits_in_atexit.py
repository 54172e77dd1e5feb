# Fails, and makes the end look good.
import atexit
import os

atexit.register(os._exit, 0)
raise RuntimeError("not seen")
