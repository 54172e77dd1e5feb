# attack: makes calls of the 32-bit system by int 0x80, whose numbers mean other calls
# family: syscalls
# expect: blocked
# stops-it: seccomp (foreign architecture kills)
import signal

import kit

# push rbx; mov eax, edi; xor ebx, ebx; xor ecx, ecx; int 0x80; pop rbx; cdqe; ret
CODE = bytes.fromhex("53 89 f8 31 db 31 c9 cd 80 5b 48 98 c3")
# i386: getpid 20, getuid32 199, mount 21, ptrace 26, unshare 310, keyctl 288, clone 120
for name, number in (("getpid", 20), ("getuid", 199), ("mount", 21), ("ptrace", 26), ("unshare", 310), ("keyctl", 288),
                     ("socketcall", 102), ("unknown", 9999)):
    def way():
        call = kit.machine_code(CODE)
        kind, code = kit.in_child(lambda: call(number, 0) and 0)
        if kind == "signal":
            if code == signal.SIGSYS:
                return False
            return f"died of {kit.signal_name(code)}, not of the filter"
        return f"the call came back with exit code {code}"
    kit.attempt(f"int 0x80 {name}", way)
kit.finish()
