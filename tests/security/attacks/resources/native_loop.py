# attack: loops in machine code with the interpreter's lock held and all signals blocked
# family: resources
# expect: outcome OUTCOME_TIME_LIMIT
# ends-within: 7s
# stops-it: time limit by kill from outside
import ctypes
import signal

import kit

signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
loop = kit.machine_code(bytes.fromhex("eb fe"))
held = ctypes.PYFUNCTYPE(ctypes.c_long)(ctypes.cast(loop, ctypes.c_void_p).value)
held()
