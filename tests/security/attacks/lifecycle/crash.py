# attack: crashes with a large image, to leave a core file
# family: lifecycle
# expect: outcome OUTCOME_RUNTIME_ERROR
# signal: 11
# ends-within: 4s
# stops-it: RLIMIT_CORE 0
import ctypes
import os

block = b"x" * (30 << 20)
pid = os.fork()
if pid == 0:
    ctypes.string_at(0)
_, status = os.waitpid(pid, 0)
if os.WCOREDUMP(status) or any("core" in name for name in os.listdir(".")):
    print("ESCAPED a core was written", flush=True)
ctypes.string_at(8)
