"""What the attack programs share: raw system calls, facts about the host, and the verdict.

The runner puts this file next to each attack as kit.py. A program prints a line that starts
with ESCAPED only for an aim that it really reached and checked, and one that starts with
BLOCKED when every way was refused. A refusal that points at a mistake in the attack itself
(a bad address, a wrong number of arguments) is printed as BROKEN and fails the test, so that
no attack is harmless by accident.
"""

import ctypes
import errno
import json
import mmap
import os
import signal
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long

# System call numbers of x86_64.
NR = {
    "read": 0, "open": 2, "ioctl": 16, "shmget": 29, "shmat": 30, "shmctl": 31, "getpid": 39,
    "sendfile": 40, "socket": 41, "clone": 56, "kill": 62, "semget": 64, "msgget": 68,
    "msgsnd": 69, "msgrcv": 70, "fcntl": 72, "flock": 73, "ptrace": 101, "syslog": 103,
    "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setgroups": 116,
    "setresuid": 117, "setresgid": 119, "setfsuid": 122, "setfsgid": 123, "capget": 125,
    "capset": 126, "rt_sigqueueinfo": 129, "mknod": 133, "uselib": 134, "personality": 135,
    "sysfs": 139, "sched_setparam": 142, "sched_setscheduler": 144, "mlock": 149,
    "mlockall": 151, "vhangup": 153, "modify_ldt": 154, "pivot_root": 155, "prctl": 157,
    "arch_prctl": 158, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
    "delete_module": 176, "quotactl": 179, "gettid": 186, "setxattr": 188, "tkill": 200,
    "io_setup": 206, "lookup_dcookie": 212, "remap_file_pages": 216, "fadvise64": 221, "clock_settime": 227,
    "tgkill": 234, "mbind": 237, "mq_open": 240, "mq_unlink": 241, "kexec_load": 246,
    "add_key": 248, "request_key": 249, "keyctl": 250, "ioprio_set": 251, "inotify_init": 253,
    "mknodat": 259, "unshare": 272, "vmsplice": 278, "move_pages": 279, "timer_create": 222,
    "signalfd4": 289, "inotify_init1": 294, "rt_tgsigqueueinfo": 297, "perf_event_open": 298,
    "fanotify_init": 300, "prlimit64": 302, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "finit_module": 313, "sched_setattr": 314, "seccomp": 317,
    "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    "mlock2": 325, "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434, "clone3": 435,
    "openat2": 437, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
    "quotactl_fd": 443, "landlock_create_ruleset": 444, "memfd_secret": 447,
    "process_mrelease": 448, "set_mempolicy_home_node": 450, "cachestat": 451,
    "map_shadow_stack": 453, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459,
}

AT_FDCWD = -100
CLONE_NEW = {
    "time": 0x00000080, "mount": 0x00020000, "cgroup": 0x02000000, "uts": 0x04000000,
    "ipc": 0x08000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000,
}

# Refusals that a layer of the sandbox gives. Each attack may accept more, by name.
REFUSALS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOENT, errno.EROFS, errno.ESRCH,
            errno.EAFNOSUPPORT, errno.ENODEV, errno.ENXIO, errno.EPROTONOSUPPORT}


def syscall(name_or_number, *arguments):
    """Makes a system call; returns its result, or raises OSError."""
    number = NR[name_or_number] if isinstance(name_or_number, str) else name_or_number
    converted = []
    for argument in arguments:
        if isinstance(argument, int):
            converted.append(ctypes.c_long(argument))
        elif isinstance(argument, str):
            converted.append(ctypes.c_char_p(argument.encode()))
        elif isinstance(argument, bytes):
            converted.append(ctypes.c_char_p(argument))
        elif argument is None:
            converted.append(ctypes.c_void_p(None))
        else:
            converted.append(argument)
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *converted)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(name_or_number))
    return result


_facts = None


def facts():
    """What an attacker may know of the host: the runner sends it as one JSON object on stdin."""
    global _facts
    if _facts is None:
        _facts = json.loads(sys.stdin.readline())
    return _facts


_blocked = []
_escaped = False
_broken = False


def escaped(what):
    global _escaped
    _escaped = True
    print(f"ESCAPED {what}", flush=True)


def blocked(reason):
    _blocked.append(str(reason))


def attempt(what, function, also=(), only=None):
    """Tries one way. `function` raises OSError when it is refused, returns a false value when
    it was let through without effect, and otherwise the evidence that it worked.

    `also`: further errno values that count as a refusal. `only`: the only ones that do.
    """
    global _broken
    accepted = set(only) if only is not None else REFUSALS | set(also)
    try:
        evidence = function()
    except OSError as refusal:
        name = errno.errorcode.get(refusal.errno, str(refusal.errno))
        if refusal.errno in accepted:
            blocked(f"{what}={name}")
        else:
            _broken = True
            print(f"BROKEN {what}: {name} is no refusal by the sandbox", flush=True)
        return None
    if evidence or evidence == 0 and evidence is not False:
        escaped(f"{what}: {evidence!r}")
        return evidence
    blocked(f"{what}=no effect")
    return None


def write(path, data):
    """Writes to a file of the kernel's at once: a buffer would hide its refusal."""
    fd = os.open(path, os.O_WRONLY)
    try:
        return os.write(fd, data) == len(data)
    finally:
        os.close(fd)


def in_child(function):
    """Runs `function` in a child; returns ("exit", code) or ("signal", number)."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = function() or 0
        except OSError as refusal:
            code = min(refusal.errno, 98)
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "signal", os.WTERMSIG(status)
    return "exit", os.WEXITSTATUS(status)


_machine_code = []


def machine_code(code):
    """Bytes of x86_64 machine code as a callable that takes and returns integers."""
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    function = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_long)(address)
    _machine_code.append((memory, function))
    return function


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def finish():
    """Prints the verdict and ends the program."""
    if not _escaped and not _broken:
        if not _blocked:
            print("BROKEN nothing was tried", flush=True)
        else:
            shown = ", ".join(_blocked[:12])
            more = len(_blocked) - 12
            print(f"BLOCKED {shown}" + (f" and {more} more" if more > 0 else ""), flush=True)
    sys.exit(0)
