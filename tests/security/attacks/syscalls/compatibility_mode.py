# attack: jumps to a 32-bit code segment and makes its calls from there
# family: syscalls
# expect: blocked
# stops-it: seccomp (foreign architecture kills)
import ctypes
import mmap
import signal

import kit

MAP_32BIT = 0x40
kit.LIBC.mmap.restype = ctypes.c_void_p
kit.LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
low = kit.LIBC.mmap(None, 8192, 7, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_32BIT, -1, 0)
assert low and low < 1 << 32, hex(low or 0)
CODE_AT, STACK_AT = low, low + 8192 - 16
# In 32-bit code: mov eax, 20 (getpid); int 0x80; then exit(7) by int 0x80.
compatible = bytes.fromhex("b8 14 00 00 00 cd 80 b8 01 00 00 00 bb 07 00 00 00 cd 80")
ctypes.memmove(CODE_AT, compatible, len(compatible))
# In 64-bit code: mov rsp, STACK; push 0x23; push CODE; retfq
enter = (b"\x48\xbc" + STACK_AT.to_bytes(8, "little") + b"\x6a\x23" + b"\x48\xb8" + CODE_AT.to_bytes(8, "little")
         + b"\x50\x48\xcb")


def way():
    jump = kit.machine_code(enter)
    kind, code = kit.in_child(lambda: jump(0, 0))
    if (kind, code) == ("signal", signal.SIGSYS):
        return False
    return f"came back: {kind} {code}"


kit.attempt("int 0x80 from 32-bit code", way)
kit.finish()
