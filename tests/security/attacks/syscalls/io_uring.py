# attack: sets up io_uring, whose requests pass no filter
# family: syscalls
# expect: blocked
# stops-it: seccomp
import ctypes

import kit

for entries in (1, 8, 4096):
    for flags in (0, 1 << 1, 1 << 12):  # also SQPOLL and others
        parameters = ctypes.create_string_buffer(120)
        parameters[8:12] = flags.to_bytes(4, "little")
        kit.attempt(f"io_uring_setup {entries} {flags}", lambda: kit.syscall("io_uring_setup", entries, parameters))
kit.attempt("aio", lambda: kit.syscall("io_setup", 8, ctypes.byref(ctypes.c_ulong())) == 0)
kit.finish()
