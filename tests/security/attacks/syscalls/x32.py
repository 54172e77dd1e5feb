# attack: makes calls with the x32 bit, which a filter by number alone lets through
# family: syscalls
# expect: blocked
# stops-it: seccomp (the x32 bit kills)
import signal

import kit

X32 = 0x40000000
for name in ("getpid", "mount", "ptrace", "unshare", "bpf", "read"):
    def way():
        kind, code = kit.in_child(lambda: kit.syscall(X32 | kit.NR[name], 0, 0, 0, 0, 0) and 0)
        if kind == "signal" and code == signal.SIGSYS:
            return False
        return f"came back: {kind} {code}"
    kit.attempt(f"x32 {name}", way)
for number in range(512, 548, 7):
    def special():
        kind, code = kit.in_child(lambda: kit.syscall(X32 | number, 0, 0, 0, 0, 0) and 0)
        return False if (kind, code) == ("signal", signal.SIGSYS) else f"came back: {kind} {code}"
    kit.attempt(f"x32 {number}", special)
kit.finish()
