# attack: makes a child in new namespaces with clone and clone3, also with junk in the high bits
# family: escape
# expect: blocked
# stops-it: seccomp, no nested user namespaces
import ctypes
import errno
import os
import signal

import kit


def cloned(flags):
    def way():
        pid = kit.syscall("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return f"child {pid}"
    return way


class CloneArguments(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls",
        "set_tid", "set_tid_size", "cgroup")]


def cloned3(flags):
    def way():
        arguments = CloneArguments(flags=flags, exit_signal=signal.SIGCHLD)
        pid = kit.syscall("clone3", ctypes.byref(arguments), ctypes.sizeof(arguments))
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return f"child {pid}"
    return way


for name, flag in kit.CLONE_NEW.items():
    if name == "time":
        continue  # its bit is part of the exit signal in clone
    kit.attempt(f"clone {name}", cloned(flag))
    kit.attempt(f"clone user+{name}", cloned(flag | kit.CLONE_NEW["user"]))
    kit.attempt(f"clone {name} with high bits", cloned(flag | 1 << 40), also=[errno.EINVAL])
for name, flag in kit.CLONE_NEW.items():
    kit.attempt(f"clone3 {name}", cloned3(flag), only=[errno.ENOSYS])
kit.attempt("clone3 plain", cloned3(0), only=[errno.ENOSYS])
CLONE_INTO_CGROUP = 1 << 33
kit.attempt("clone3 into cgroup", cloned3(CLONE_INTO_CGROUP), only=[errno.ENOSYS])
kit.finish()
