"""The interpreter from which every sandbox's interpreter is copied.

Started by the launcher, one for each profile, without any right on the host. It loads what programs often
use, and then only copies itself; it never sees a program. In order:

1. The template (this process) gets a slot's namespaces from the launcher, copies itself and joins them.
   The copy is the slot's zygote: it has rights in the slot's own user namespace and nowhere else.
2. The zygote gets a sandbox's namespaces and the job's descriptors from the slot's keeper and copies
   itself into them. The copy gives up every right, waits for its program (see runner.py), and becomes it.
3. When the copy has ended, the zygote reports how and kills what is left of the sandbox.

Messages and reports are described in sandboxd's sandbox crate, in zygote.rs and child.rs. Nothing here is
secret: a program can read this file and its own copy of this process.
"""

import sys

# What any interpreter has loaded before its program.
STARTED_WITH = frozenset(sys.modules)

import _socket
import ctypes
import gc
import os

import runner

LAUNCHER = 3
# Where a zygote and its jobs find the socket to the keeper.
KEEPER = 3
JOB_USER = 1000
MOST_DESCRIPTORS = 16

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
# NOROOT, NO_SETUID_FIXUP, KEEP_CAPS (its lock only), NO_CAP_AMBIENT_RAISE, each with its lock.
SECUREBITS_LOCKED = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80
P_ALL, P_PID = 0, 1
WEXITED = 4
O_WRONLY = 1
SIGKILL = 9

# The C library's way to make any system call, called without letting go of the interpreter: there is one
# thread. One function for all calls, because each function object is memory that a copy must copy.
system_call = ctypes.PyDLL(None).syscall
system_call.restype = ctypes.c_long
system_call.argtypes = [ctypes.c_long] * 7
error_number = ctypes.PyDLL(None).__errno_location
error_number.restype = ctypes.POINTER(ctypes.c_int)
# Sandboxd's own; the root file system doesn't have it.
INSIDE = ctypes.PyDLL("/usr/lib/coderunner/inside.so")
serve = INSIDE.coderunner_serve
serve.argtypes = [ctypes.c_void_p]
serve.restype = ctypes.c_long
gather = INSIDE.coderunner_gather
gather.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
gather.restype = ctypes.c_size_t
INTERPRETER = "/" + os.path.basename(os.path.realpath(sys.executable))
ALL = 0xFFFFFFFF
AT_FDCWD = -100


class Numbers:
    """Numbers of system calls on this processor, as the launcher tells them, in this order."""

    NAMES = (
        "recvmsg", "waitid", "pidfd_send_signal", "close_range", "setns", "write", "close", "chdir", "dup3",
        "setsid", "setresgid", "setresuid", "capset", "prctl", "openat", "unshare", "landlock_restrict_self",
    )

    def __init__(self, message):
        for at, name in enumerate(self.NAMES):
            setattr(self, name, int.from_bytes(message[2 * at : 2 * at + 2], "little"))


def call(number, *arguments):
    """The arguments of system_call, all of them."""
    return (number, *arguments, *[0] * (6 - len(arguments)))


def table(arguments):
    """A system call for sandboxd's library."""
    number, *rest = arguments
    return Call(number, tuple(rest))


class StepFailed(Exception):
    """A step of the set-up was refused by the kernel."""

    def __init__(self, step, number):
        super().__init__(step, number)
        self.step = step
        self.number = number


def checked(step, number, *arguments):
    if system_call(*call(number, *arguments)) < 0:
        raise StepFailed(step, error_number().contents.value)


def step(name, function, *arguments):
    try:
        return function(*arguments)
    except OSError as error:
        raise StepFailed(name, error.errno or 0) from None


def close_all(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


# --- The template ---------------------------------------------------------------------------


def template(launcher, numbers, hot):
    """Copies itself into slots for as long as the launcher asks. Returns only in a job's process."""
    launcher.send(b"ready")
    while True:
        message, descriptors = receive(launcher)
        if not message:
            os._exit(0)
        first = os.fork()
        if first == 0:
            open_slot(launcher, numbers, message, descriptors)
            become_zygote(numbers, descriptors[0])
            return serve_slot(hot)
        close_all(descriptors)
        os.waitpid(first, 0)


def receive(connection):
    """One message, empty when the other side is gone, and its descriptors."""
    message, controls, _, _ = connection.recvmsg(4096, _socket.CMSG_SPACE(4 * MOST_DESCRIPTORS))
    descriptors = []
    for level, kind, data in controls:
        if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
            for at in range(0, len(data), 4):
                descriptors.append(int.from_bytes(data[at : at + 4], sys.byteorder))
    return message, descriptors


def open_slot(launcher, numbers, message, descriptors):
    """Joins the slot's namespaces and hands the zygote to the launcher. Returns in the zygote."""
    try:
        _, user, *others = descriptors
        checked("joining the slot's user namespace", numbers.setns, user, CLONE_NEWUSER)
        kinds = [CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWNS]
        for descriptor, kind in zip(others, kinds, strict=True):
            checked("joining a slot's namespace", numbers.setns, descriptor, kind)
        # Two copies: the first is a stranger among the slot's processes, and when it has gone its
        # child becomes the keeper's.
        second = step("copying itself into the slot", os.fork)
        if second != 0:
            os.waitpid(second, 0)
            os._exit(0)
        zygote = step("copying itself in the slot", os.fork)
        if zygote == 0:
            return
        reference = os.pidfd_open(zygote).to_bytes(4, sys.byteorder)
        launcher.sendmsg([b"z" + message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, reference)])
    except StepFailed as failure:
        launcher.send(b"f" + message + failure.number.to_bytes(4, "little") + failure.step.encode())
    os._exit(0)


def become_zygote(numbers, keeper):
    """Takes what belongs to the zygote's place: its user, its rights, one socket."""
    os.dup2(keeper, KEEPER)
    try:
        checked("closing the other descriptors", numbers.close_range, KEEPER + 1, ALL)
        step("becoming the slot's root group", os.setresgid, 0, 0, 0)
        step("becoming the slot's root", os.setresuid, 0, 0, 0)
        step("leaving supplementary groups", os.setgroups, [])
        checked("locking the securebits", numbers.prctl, PR_SET_SECUREBITS, SECUREBITS_LOCKED)
        capability = 0
        while system_call(*call(numbers.prctl, PR_CAPBSET_READ, capability)) >= 0:
            checked("emptying the bounding set", numbers.prctl, PR_CAPBSET_DROP, capability)
            capability += 1
        checked("becoming not dumpable", numbers.prctl, PR_SET_DUMPABLE, 0)
    except StepFailed as failure:
        os.write(KEEPER, f"{failure.step}: {os.strerror(failure.number)}".encode())
        os._exit(1)
    os.write(KEEPER, b"ready")


# --- The zygote of a slot, and the job ------------------------------------------------------
#
# Each page of memory that a copy writes to has to be copied too, and looking at a Python object writes to
# it. So what happens for each run touches little: tables of calls, made beforehand, and a loop over them in
# sandboxd's own library (inside/serve.rs).


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Message(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(Vector)), ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t), ("flags", ctypes.c_int),
    ]


class ChildStatus(ctypes.Structure):
    """The kernel's siginfo_t for a child."""

    _fields_ = [
        ("signal", ctypes.c_int), ("error", ctypes.c_int), ("code", ctypes.c_int), ("gap", ctypes.c_int),
        ("process", ctypes.c_int), ("user", ctypes.c_uint32), ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 100),
    ]


class CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("process", ctypes.c_int)]


class Call(ctypes.Structure):
    """One system call."""

    _fields_ = [("number", ctypes.c_long), ("arguments", ctypes.c_long * 6)]


class Serving(ctypes.Structure):
    """The tables; see sandboxd's inside/serve.rs."""

    _fields_ = [
        ("receive", Call), ("join", Call), ("wait", Call), ("report", Call), ("kill", Call), ("collect", Call),
        ("close", Call), ("steps", ctypes.POINTER(Call)), ("step_count", ctypes.c_size_t),
        ("control_length", ctypes.c_void_p), ("status", ctypes.c_void_p), ("said", ctypes.c_void_p),
    ]


class SocketFilter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


# Numbers at which a message's descriptors arrive: everything above the keeper's socket is closed.
(PIDS, MOUNTS, IPC, NAMES, SANDBOX, REPORT, STDIN, STDOUT, STDERR, CONTROL, RESULT) = range(4, 15)
FURTHER = 15
# Where a job has its report pipe and the Landlock rules until it is ready; above is nothing.
JOB_REPORT, JOB_RULES = 5, 6


class Hot:
    """What serving a slot needs, made once, in the template."""

    def __init__(self, numbers, program_filter, has_landlock, moves_group):
        self.kept = []
        status, said = self.memory(ctypes.sizeof(ChildStatus)), self.memory(5)
        message = Message(None, 0, ctypes.pointer(Vector(self.memory(64), 64)), 1, self.memory(256), 256, 0)
        self.kept.append(message)
        filter_length = len(program_filter) // 8
        self.filter = SocketFilter(filter_length, self.text(program_filter))
        steps, self.names = zip(*self.enter_sandbox(numbers, has_landlock, moves_group))
        tables = Serving(
            receive=table(call(numbers.recvmsg, KEEPER, ctypes.addressof(message))),
            join=table(call(numbers.setns, PIDS, CLONE_NEWPID)),
            wait=table(call(numbers.waitid, P_PID, 0, status, WEXITED)),
            report=table(call(numbers.write, REPORT, said, 5)),
            kill=table(call(numbers.pidfd_send_signal, SANDBOX, SIGKILL)),
            collect=table(call(numbers.waitid, P_ALL, 0, status, WEXITED)),
            close=table(call(numbers.close_range, PIDS, ALL)),
            steps=(Call * len(steps))(*map(table, steps)),
            step_count=len(steps),
            control_length=ctypes.addressof(message) + Message.control_length.offset,
            status=status,
            said=said,
        )
        self.kept.append(tables)
        self.serving = ctypes.addressof(tables)

    def memory(self, size):
        self.kept.append(ctypes.create_string_buffer(size))
        return ctypes.addressof(self.kept[-1])

    def text(self, value):
        self.kept.append(ctypes.create_string_buffer(value))
        return ctypes.addressof(self.kept[-1])

    def enter_sandbox(self, numbers, has_landlock, moves_group):
        """How a copy enters its sandbox and gives up every right, for ever: calls, and what each is for."""
        group = FURTHER
        rules = FURTHER + moves_group
        header = CapabilityHeader(CAPABILITY_VERSION_3, 0)
        self.kept.append(header)
        job = (JOB_USER, JOB_USER, JOB_USER)
        # The rules are the last, where there are any.
        next_one = JOB_RULES + has_landlock
        if moves_group:
            yield call(numbers.write, group, self.text(b"0"), 1), "entering the run's control group"
        yield call(numbers.unshare, CLONE_NEWCGROUP), "hiding the control group's path"
        yield call(numbers.setns, IPC, CLONE_NEWIPC), "joining the sandbox's ipc namespace"
        yield call(numbers.setns, NAMES, CLONE_NEWUTS), "joining the sandbox's host name"
        yield call(numbers.setns, MOUNTS, CLONE_NEWNS), "joining the sandbox's mounts"
        yield call(numbers.chdir, self.text(runner.HOME.encode())), "entering the working directory"
        yield call(numbers.dup3, STDIN, 0), "placing standard input"
        yield call(numbers.dup3, STDOUT, 1), "placing standard output"
        yield call(numbers.dup3, STDERR, 2), "placing standard error"
        yield call(numbers.dup3, CONTROL, runner.CONTROL), "placing the control socket"
        yield call(numbers.dup3, RESULT, runner.RESULT), "placing the result pipe"
        yield call(numbers.dup3, REPORT, JOB_REPORT), "placing the report pipe"
        if has_landlock:
            yield call(numbers.dup3, rules, JOB_RULES), "placing the Landlock rules"
        yield call(numbers.close_range, next_one, ALL), "closing the other descriptors"
        yield call(numbers.setsid), "starting a session"
        yield call(numbers.setresgid, *job), "becoming the job's group"
        yield call(numbers.setresuid, *job), "becoming the job's user"
        yield call(numbers.capset, ctypes.addressof(header), self.memory(24)), "emptying the capability sets"
        # Its own /proc files are its own; so is whatever could look into it, inside the sandbox.
        yield call(numbers.prctl, PR_SET_DUMPABLE, 1), "becoming an ordinary process"
        # Without memory, the job goes before the slot.
        path = self.text(b"/proc/self/oom_score_adj")
        yield call(numbers.openat, AT_FDCWD, path, O_WRONLY), "opening oom_score_adj"
        yield call(numbers.write, next_one, self.text(b"1000"), 4), "offering itself to the memory killer"
        yield call(numbers.close, next_one), "closing oom_score_adj"
        if has_landlock:
            yield call(numbers.landlock_restrict_self, JOB_RULES), "applying Landlock"
            yield call(numbers.close, JOB_RULES), "closing the Landlock rules"
        address = ctypes.addressof(self.filter)
        yield call(numbers.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address), "installing the job's filter"
        yield call(numbers.close, JOB_REPORT), "closing the report pipe"


def serve_slot(hot):
    """Makes one job after another and sees each to its end. Returns in a job's process, when it is ready
    for its program."""
    refused = serve(hot.serving)
    if refused >= 0:
        fail(hot.names[refused])


def fail(name):
    """Reports the step that failed, where the report pipe is now, and ends."""
    number = error_number().contents.value
    text = name.encode()
    report = b"e" + number.to_bytes(4, "little") + bytes([len(text)]) + text
    for pipe in (JOB_REPORT, REPORT):
        try:
            os.write(pipe, report)
            break
        except OSError:
            # Before the descriptors are placed, there is a namespace, which takes no text.
            pass
    os._exit(1)


# --- Memory that is cheap to copy -----------------------------------------------------------


class Region(ctypes.Structure):
    """Memory of this process; see sandboxd's inside/lib.rs."""

    _fields_ = [("address", ctypes.c_size_t), ("length", ctypes.c_size_t), ("protection", ctypes.c_int)]


HUGE_PAGE = 2 << 20
PROT_READ, PROT_WRITE, PROT_EXEC = 1, 2, 4
# Smaller ones are not worth it; among them is what belongs to this thread.
SMALLEST_REGION = 256 * 1024
LONGEST_TABLE = 64 * 1024


def gather_memory(launcher):
    """Asks for the table of this process's memory, and moves it into huge pages, where it stays in all copies."""
    # From the moment that the table is made, no memory is given back that is in it.
    table = bytearray(LONGEST_TABLE)
    launcher.send(b"loaded")
    size = launcher.recv_into(table)
    code, data = [], []
    for line in table[:size].decode().splitlines():
        span, rights, _, _, _, *name = line.split(None, 5)
        first, end = (int(number, 16) for number in span.split("-"))
        name = name[0].strip() if name else ""
        if rights == "rw-p" and not name.startswith("[stack"):
            data.append((first, end))
        elif rights in ("r--p", "r-xp") and name.endswith(INTERPRETER):
            code.append((first, end))
    move([(first, end, PROT_READ | PROT_WRITE) for first, end in joined(data) if end - first >= SMALLEST_REGION])
    move([(first, end, PROT_READ | PROT_EXEC) for first, end in whole_huge_pages(joined(code))])


def joined(spans):
    """Neighbours become one."""
    result = []
    for first, end in spans:
        if result and result[-1][1] == first:
            result[-1] = (result[-1][0], end)
        else:
            result.append((first, end))
    return result


def whole_huge_pages(spans):
    """What of each span can be one entry of a page table for a huge page. An interpreter that is not linked to
    a fixed address begins anywhere, and has few."""
    for first, end in spans:
        first, end = -(-first // HUGE_PAGE) * HUGE_PAGE, end // HUGE_PAGE * HUGE_PAGE
        if first < end:
            yield first, end


def move(regions):
    array = (Region * len(regions))(*[Region(first, end - first, rights) for first, end, rights in regions])
    gather(ctypes.addressof(array), len(regions))


# --- Room for what comes --------------------------------------------------------------------
#
# Python keeps small objects in pools, one size in each. Between what a template has loaded there are free blocks
# everywhere, and a copy that filled them would copy a page for each.

BLOCK, LARGEST_BLOCK = 16, 512
POOL, POOL_HEADER = 16 * 1024, 48
BYTES_HEADER = 33
# Where pools are made in another way, no size is filled with more.
MOST_OF_A_SIZE = 20_000


def begin_pools():
    """Fills the free blocks, so that the next object of each size is the second one of a pool, on the same page as
    the pool's own notes. The result must be kept."""
    filling = []
    for size in range(BLOCK, LARGEST_BLOCK + 1, BLOCK):
        for _ in range(MOST_OF_A_SIZE):
            filling.append(of_size(size))
            if id(filling[-1]) % POOL == POOL_HEADER:
                break
    return filling


def of_size(size):
    """A new object that takes a block of this size."""
    if size > BYTES_HEADER:
        return bytes(size - BYTES_HEADER)
    return object() if size == BLOCK else float(size)


# --- Modules for programs -------------------------------------------------------------------


class Deferred:
    """Hands out modules that are loaded already, but must know that they are in a copy: what they
    asked to be called after a fork is called when a program imports them, not for every program."""

    def __init__(self):
        self.modules = {}
        self.hooks = {}

    def load(self, name):
        """Loads a module and puts it away. What it needs stays."""
        register = os.register_at_fork
        hooks = self.hooks[name] = []
        os.register_at_fork = lambda **hook: hooks.append(hook)
        try:
            __import__(name)
        finally:
            os.register_at_fork = register
        self.modules[name] = sys.modules.pop(name)

    def find_spec(self, name, path=None, target=None):
        if name not in self.modules:
            return None
        return type(runner.__spec__)(name, self)

    def create_module(self, spec):
        module = self.modules.pop(spec.name)
        self.original = module.__spec__
        return module

    def exec_module(self, module):
        # The import has put a specification of its own there.
        module.__spec__, module.__loader__ = self.original, self.original.loader
        for hook in self.hooks.pop(module.__name__):
            os.register_at_fork(**hook)
            if "after_in_child" in hook:
                hook["after_in_child"]()


def load_modules(profile, names):
    """Loads what programs use most, docs/PERFORMANCE.md says what each costs, and what the profile has.
    Returns the profile's own module, if it has one, and the modules that are deferred, by name."""
    import bisect, collections.abc, contextlib, copy, datetime, functools, heapq, itertools, json, math
    import operator, re, string, time

    deferred = Deferred()
    deferred.load("random")
    sys.meta_path.insert(0, deferred)
    if not names:
        return None, deferred.modules
    own = __import__(profile)
    # A program that looks for a module of this name finds its own.
    del sys.modules[profile]
    own.load(names)
    # One that the profile's modules needed is deferred no longer.
    return own, deferred.modules


def main():
    launcher = _socket.socket(fileno=LAUNCHER)
    profile, *names = launcher.recv(4096).decode().split()
    program_filter = launcher.recv(65536)
    has_landlock, moves_group = launcher.recv(16)
    numbers = Numbers(launcher.recv(256))
    hot = Hot(numbers, program_filter, has_landlock, moves_group)
    own, deferred = load_modules(profile, names)
    runner.prepare(STARTED_WITH, deferred)
    gc.collect()
    # What is here now is never garbage; not looking at it keeps its memory shared.
    gc.freeze()
    hot.kept.append(begin_pools())
    gather_memory(launcher)
    template(launcher, numbers, hot)
    # Only a job's process comes here, after it gave up all rights.
    if own is not None:
        own.renew()
    runner.serve()


main()
