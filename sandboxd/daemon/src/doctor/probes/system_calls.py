# Calls that no program of a learner needs, each really made.
import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
CALLS = (
    ("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    ("umount2", b"/proc", 2),
    ("pivot_root", b"/tmp", b"/tmp"),
    ("chroot", b"/tmp"),
    ("unshare", CLONE_NEWUSER),
    ("unshare", CLONE_NEWNS),
    ("unshare", CLONE_NEWPID),
    ("unshare", CLONE_NEWNET),
    ("setns", 0, 0),
    ("ptrace", 0, 0, None, None),
    ("process_vm_readv", 1, None, 0, None, 0, 0),
    ("sethostname", b"x", 1),
    ("acct", None),
    ("swapoff", b"/tmp/x"),
    ("init_module", None, 0, b""),
    ("iopl", 3),
    ("settimeofday", None, None),
    ("quotactl", 0, None, 0, None),
    ("mknod", b"/tmp/device", 0o60600, 0x800),
    ("shmget", 0, 4096, 0o1600),
    ("name_to_handle_at", -100, b"/", None, None, 0),
    ("fanotify_init", 0, 0),
    ("perf_event_open", None, 0, -1, -1, 0),
)
REFUSED = (errno.EPERM, errno.ENOSYS)
# For those that the C library has no function for, or one that does something else.
NUMBERS = {"pivot_root": 155, "settimeofday": 164, "init_module": 175, "perf_event_open": 298}
FURTHER = (("bpf", 321), ("keyctl", 250), ("io_uring_setup", 425), ("userfaultfd", 323), ("open_tree", 428))


def tell(name, result, number):
    good = result == -1 and number in REFUSED
    print("ok" if good else "HOLE", name, errno.errorcode.get(number, number) if result == -1 else "was allowed")


for name, *arguments in CALLS:
    ctypes.set_errno(0)
    if name in NUMBERS:
        result = libc.syscall(NUMBERS[name], *arguments)
    else:
        result = getattr(libc, name)(*arguments)
    tell(name, result, ctypes.get_errno())
for name, number in FURTHER:
    ctypes.set_errno(0)
    tell(name, libc.syscall(number, 0, None, 0, 0, 0), ctypes.get_errno())
