# attack: traces, reads and writes other processes with ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, kcmp and /proc/pid/mem
# family: processes
# expect: blocked
# stops-it: seccomp, user of its own, pid namespace
import ctypes
import errno
import os

import kit

PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE = 0, 16, 0x4206


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


buffer = ctypes.create_string_buffer(64)
local = Vector(ctypes.addressof(buffer), 64)
daemon = kit.facts()["daemon_pid"]
child = os.fork()
if child == 0:
    while True:
        os.read(0, 1) or os._exit(0)

for pid in (1, os.getppid(), child, daemon):
    if pid == 0:
        continue
    kit.attempt(f"attach {pid}", lambda: kit.syscall("ptrace", PTRACE_ATTACH, pid, 0, 0) == 0)
    kit.attempt(f"seize {pid}", lambda: kit.syscall("ptrace", PTRACE_SEIZE, pid, 0, 0) == 0)
    kit.attempt(f"readv {pid}", lambda: kit.syscall(
        "process_vm_readv", pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0))
    kit.attempt(f"writev {pid}", lambda: kit.syscall(
        "process_vm_writev", pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0))
    kit.attempt(f"kcmp {pid}", lambda: kit.syscall("kcmp", os.getpid(), pid, 0, 1, 0) + 1)

    def stolen():
        handle = kit.syscall("pidfd_open", pid, 0)
        return [kit.syscall("pidfd_getfd", handle, fd, 0) for fd in (0, 3)]
    kit.attempt(f"take descriptors of {pid}", stolen)
kit.attempt("mem of pid 1", lambda: os.open("/proc/1/mem", os.O_RDWR))
kit.attempt("be traced", lambda: kit.syscall("ptrace", PTRACE_TRACEME, 0, 0, 0) == 0)
os.kill(child, 9)
kit.finish()
