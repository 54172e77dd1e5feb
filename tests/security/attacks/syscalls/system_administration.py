# attack: loads modules, starts another kernel, restarts, swaps, sets clocks and names
# family: syscalls
# expect: blocked
# stops-it: seccomp, no capabilities
import ctypes
import os
import time

import kit

module = os.open("/tmp/module.ko", os.O_CREAT | os.O_RDWR)
os.write(module, b"\x7fELF")
kit.attempt("init_module", lambda: kit.syscall("init_module", b"\x7fELF", 4, "") == 0)
kit.attempt("finit_module", lambda: kit.syscall("finit_module", module, "", 0) == 0)
kit.attempt("delete_module", lambda: kit.syscall("delete_module", "dummy", 0) == 0)
kit.attempt("kexec_load", lambda: kit.syscall("kexec_load", 0, 0, None, 0) == 0)
kit.attempt("kexec_file_load", lambda: kit.syscall("kexec_file_load", module, module, 1, "", 0) == 0)
kit.attempt("reboot", lambda: kit.syscall("reboot", 0xFEE1DEAD, 672274793, 0x01234567, None) == 0)
kit.attempt("swapon", lambda: kit.syscall("swapon", "/tmp/module.ko", 0) == 0)
kit.attempt("acct", lambda: kit.syscall("acct", "/tmp/module.ko") == 0)
kit.attempt("sethostname", lambda: kit.syscall("sethostname", "owned", 5) == 0)
kit.attempt("setdomainname", lambda: kit.syscall("setdomainname", "owned", 5) == 0)
kit.attempt("clock_settime", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600) is None)
kit.attempt("settimeofday", lambda: kit.syscall("settimeofday", (int(time.time())).to_bytes(8, "little") + bytes(8), None) == 0)
timex = ctypes.create_string_buffer(208)
timex[0:4] = (0x0001).to_bytes(4, "little")
kit.attempt("adjtimex", lambda: kit.syscall("adjtimex", timex) == 0)
kit.attempt("clock_adjtime", lambda: kit.syscall("clock_adjtime", 0, timex) == 0)
kit.attempt("personality", lambda: kit.syscall("personality", 0x0040000) is not None)
kit.attempt("iopl", lambda: kit.syscall("iopl", 3) == 0)
kit.attempt("ioperm", lambda: kit.syscall("ioperm", 0x80, 1, 1) == 0)
kit.attempt("modify_ldt", lambda: kit.syscall("modify_ldt", 1, (0).to_bytes(4, "little") * 4, 16) == 0)
kit.attempt("vhangup", lambda: kit.syscall("vhangup") == 0)
kit.finish()
