# attack: uses prctl and seccomp to trace, to move its memory layout, to trap its children's calls and to keep its speculation open
# family: syscalls
# expect: blocked
# stops-it: seccomp (list of prctl options)
import errno

import kit

OPTIONS = {
    "PR_SET_SECCOMP": (22, 2, 0), "PR_SET_MM": (35, 1, 4096), "PR_SET_PTRACER": (0x59616D61, -1, 0),
    "PR_CAPBSET_DROP": (24, 0, 0), "PR_SET_KEEPCAPS": (8, 1, 0), "PR_SET_TSC": (26, 2, 0), "PR_SET_TIMING": (14, 1, 0),
    "PR_SET_MCE_KILL": (33, 1, 0), "PR_SET_IO_FLUSHER": (57, 1, 0), "PR_SCHED_CORE": (62, 1, 0),
    "PR_SET_SYSCALL_USER_DISPATCH": (59, 1, 0), "PR_SET_MDWE": (65, 1, 0), "PR_SET_FP_MODE": (45, 0, 0),
}
for name, arguments in OPTIONS.items():
    kit.attempt(name, lambda: kit.syscall("prctl", *arguments, 0, 0) is not None, only=[errno.EPERM, errno.ENOSYS])
kit.attempt("seccomp listener", lambda: kit.syscall("seccomp", 1, 8, b"\0" * 16))
kit.attempt("seccomp strict", lambda: kit.syscall("seccomp", 0, 0, None) == 0)
kit.finish()
