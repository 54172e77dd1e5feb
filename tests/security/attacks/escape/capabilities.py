# attack: looks for a capability in any set, tries to raise one, and to clear no_new_privs and securebits
# family: escape
# expect: blocked
# stops-it: empty capability sets, no_new_privs, seccomp
import ctypes
import errno

import kit

PR_CAPBSET_READ, PR_SET_NO_NEW_PRIVS, PR_SET_SECUREBITS, PR_CAP_AMBIENT = 23, 38, 28, 47
status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status[name], 16):
        kit.escaped(f"{name} is {status[name]}")
    else:
        kit.blocked(f"{name}=0")
if status["NoNewPrivs"].strip() != "1":
    kit.escaped("no_new_privs is not set")
if status["Seccomp"].strip() != "2":
    kit.escaped(f"no seccomp filter: {status['Seccomp']}")


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


Data = ctypes.c_uint32 * 6
CAP_SYS_ADMIN = 1 << 21


def raise_all():
    header = Header(0x20080522, 0)
    data = Data(*[0xFFFFFFFF] * 6)
    return kit.syscall("capset", ctypes.byref(header), ctypes.byref(data)) == 0


def raise_one():
    header = Header(0x20080522, 0)
    data = Data(CAP_SYS_ADMIN, CAP_SYS_ADMIN, 0, 0, 0, 0)
    return kit.syscall("capset", ctypes.byref(header), ctypes.byref(data)) == 0


kit.attempt("capset all", raise_all)
kit.attempt("capset sys_admin", raise_one)
kit.attempt("ambient capability", lambda: kit.syscall("prctl", PR_CAP_AMBIENT, 2, 21, 0, 0) == 0)
kit.attempt("clear no_new_privs", lambda: kit.syscall("prctl", PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0,
            also=[errno.EINVAL])
kit.attempt("clear securebits", lambda: kit.syscall("prctl", PR_SET_SECUREBITS, 0, 0, 0, 0) == 0)
kit.finish()
