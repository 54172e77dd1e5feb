"""The interpreter from which every sandbox's interpreter is copied.

Started once by the launcher, without any right on the host. It loads what programs often use, and
then only copies itself; it never sees a program. In order:

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

import ctypes
import fcntl
import gc
import os
import signal
import socket

import runner

# Loaded for the sake of the programs.
import array, bisect, calendar, collections, collections.abc, contextlib, copy, csv, dataclasses, datetime
import decimal, enum, fractions, functools, heapq, itertools, json, math, operator, pprint, random, re
import statistics, string, textwrap, threading, time, traceback, types, typing

LAUNCHER = 3
MOST_DESCRIPTORS = 16
JOB_USER = 1000

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
# The same number on every processor.
SYS_LANDLOCK_RESTRICT_SELF = 446
CAPABILITY_VERSION_3 = 0x20080522
# NOROOT, NO_SETUID_FIXUP, KEEP_CAPS (its lock only), NO_CAP_AMBIENT_RAISE, each with its lock.
SECUREBITS_LOCKED = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80

libc = ctypes.CDLL(None, use_errno=True)
libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
libc.syscall.argtypes = [ctypes.c_long] * 3
libc.syscall.restype = ctypes.c_long
libc.close_range.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_int]


class StepFailed(Exception):
    """A step of the set-up was refused by the kernel."""

    def __init__(self, step, number):
        super().__init__(step, number)
        self.step = step
        self.number = number


def checked(step, result):
    if result == -1:
        raise StepFailed(step, ctypes.get_errno())
    return result


def step(name, function, *arguments):
    try:
        return function(*arguments)
    except OSError as error:
        raise StepFailed(name, error.errno or 0) from None


def prctl(name, option, second=0, third=0):
    return checked(name, libc.prctl(option, second, third, 0, 0))


class CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class CapabilityData(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


class SocketFilter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


NO_CAPABILITIES = (CapabilityData * 2)()


def drop_capabilities():
    header = CapabilityHeader(CAPABILITY_VERSION_3, 0)
    checked("emptying the capability sets", libc.capset(ctypes.byref(header), NO_CAPABILITIES))


def lock_capabilities():
    prctl("locking the securebits", PR_SET_SECUREBITS, SECUREBITS_LOCKED)
    capability = 0
    while libc.prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0:
        prctl("emptying the bounding set", PR_CAPBSET_DROP, capability)
        capability += 1


def join(descriptor, kind, what):
    checked(what, libc.setns(descriptor, kind))


def receive(connection):
    """One message and its descriptors; None when the other side is gone."""
    message, descriptors, _, _ = socket.recv_fds(connection, 4096, MOST_DESCRIPTORS)
    return (message, descriptors) if message else None


def close_all(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


def report_failure(report, failure):
    text = failure.step.encode("ascii", "replace")[:200]
    os.write(report, b"e" + failure.number.to_bytes(4, "little") + bytes([len(text)]) + text)


# --- The template ---------------------------------------------------------------------------


def template(launcher, program_filter):
    """Copies itself into slots for as long as the launcher asks. Returns only in a job's process."""
    launcher.send(b"ready")
    while True:
        received = receive(launcher)
        if received is None:
            os._exit(0)
        message, descriptors = received
        first = os.fork()
        if first == 0:
            open_slot(launcher, message, descriptors)
            return become_zygote(launcher, descriptors, program_filter)
        close_all(descriptors)
        os.waitpid(first, 0)


def open_slot(launcher, message, descriptors):
    """Joins the slot's namespaces and hands the zygote to the launcher. Returns in the zygote."""
    try:
        keeper, user, *others = descriptors
        join(user, CLONE_NEWUSER, "joining the slot's user namespace")
        kinds = [CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWNS]
        for descriptor, kind in zip(others, kinds, strict=True):
            join(descriptor, kind, "joining a slot's namespace")
        # Two copies: the first is a stranger among the slot's processes, and when it has gone its
        # child becomes the keeper's.
        second = step("copying itself into the slot", os.fork)
        if second != 0:
            os.waitpid(second, 0)
            os._exit(0)
        zygote = step("copying itself in the slot", os.fork)
        if zygote == 0:
            return
        socket.send_fds(launcher, [b"z" + message], [os.pidfd_open(zygote)])
    except StepFailed as failure:
        launcher.send(b"f" + message + failure.number.to_bytes(4, "little") + failure.step.encode())
    os._exit(0)


# --- The zygote of a slot -------------------------------------------------------------------


def become_zygote(launcher, descriptors, program_filter):
    keeper, *namespaces = descriptors
    close_all(namespaces)
    launcher.close()
    keeper = socket.socket(fileno=keeper)
    try:
        step("becoming the slot's root group", os.setresgid, 0, 0, 0)
        step("becoming the slot's root", os.setresuid, 0, 0, 0)
        step("leaving supplementary groups", os.setgroups, [])
        lock_capabilities()
        prctl("becoming not dumpable", PR_SET_DUMPABLE, 0)
    except StepFailed as failure:
        keeper.send(f"{failure.step}: {os.strerror(failure.number)}".encode())
        os._exit(1)
    keeper.send(b"ready")
    while True:
        received = receive(keeper)
        if received is None:
            os._exit(0)
        if serve_one(keeper, *received, program_filter):
            return


def serve_one(keeper, message, descriptors, program_filter):
    """Makes one job and sees it to its end. True in the job's process, when it is ready for its program."""
    has_landlock, moves_group = message[0] == 1, message[1] == 1
    pids, mounts, ipc, names, groups, sandbox, report, *ends = descriptors
    ruleset = ends.pop() if has_landlock else None
    group = ends.pop() if moves_group else None
    try:
        join(pids, CLONE_NEWPID, "joining the sandbox's processes")
        job = os.fork()
    except (StepFailed, OSError):
        # The sandbox was killed before its job was there, which says it all.
        close_all(descriptors)
        return False
    if job == 0:
        try:
            enter(keeper, (mounts, ipc, names, groups), group, ruleset, report, ends, program_filter)
            return True
        except StepFailed as failure:
            report_failure(report, failure)
            os._exit(1)
    status = os.waitid(os.P_PID, job, os.WEXITED)
    kind = b"x" if status.si_code == os.CLD_EXITED else b"s"
    os.write(report, kind + status.si_status.to_bytes(4, "little", signed=True))
    try:
        signal.pidfd_send_signal(sandbox, signal.SIGKILL)
    except ProcessLookupError:
        pass
    close_all(descriptors)
    return False


# --- The job --------------------------------------------------------------------------------


def enter(keeper, namespaces, group, ruleset, report, ends, program_filter):
    """Enters the sandbox and gives up every right, for ever."""
    if group is not None:
        step("entering the run's control group", os.write, group, b"0")
    mounts, ipc, names, groups = namespaces
    join(groups, CLONE_NEWCGROUP, "hiding the control group's path")
    join(ipc, CLONE_NEWIPC, "joining the sandbox's ipc namespace")
    join(names, CLONE_NEWUTS, "joining the sandbox's host name")
    join(mounts, CLONE_NEWNS, "joining the sandbox's mounts")
    step("entering /work", os.chdir, runner.HOME)
    keeper.detach()
    extra = [report] if ruleset is None else [report, ruleset]
    report, *ruleset = arrange_descriptors(ends, extra)
    try:
        step("starting a session", os.setsid)
        step("becoming the job's group", os.setresgid, JOB_USER, JOB_USER, JOB_USER)
        step("becoming the job's user", os.setresuid, JOB_USER, JOB_USER, JOB_USER)
        drop_capabilities()
        # Its own /proc files are its own; so is whatever could look into it, inside the sandbox.
        prctl("becoming an ordinary process", PR_SET_DUMPABLE, 1)
        for descriptor in ruleset:
            checked("applying Landlock", libc.syscall(SYS_LANDLOCK_RESTRICT_SELF, descriptor, 0))
        rules = SocketFilter(len(program_filter) // 8, program_filter)
        prctl("installing the job's filter", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(rules))
    except StepFailed as failure:
        report_failure(report, failure)
        os._exit(1)
    close_all([report, *ruleset])


def arrange_descriptors(ends, extra):
    """Puts the job's ends at 0 to 4, gives new numbers for `extra`, and closes all others."""
    # First out of the way of what is about to be overwritten.
    high = [step("moving a descriptor", duplicate_above, end, 40) for end in [*ends, *extra]]
    for number, end in enumerate(high):
        step("placing a descriptor", os.dup2, end, number, True)
    checked("closing the other descriptors", libc.close_range(len(high), 0xFFFFFFFF, 0))
    return range(len(ends), len(high))


def duplicate_above(descriptor, lowest):
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, lowest)


# --------------------------------------------------------------------------------------------


def main():
    launcher = socket.socket(fileno=LAUNCHER)
    program_filter = launcher.recv(65536)
    runner.prepare(STARTED_WITH)
    gc.collect()
    # What is here now is never garbage; not looking at it keeps its memory shared.
    gc.freeze()
    template(launcher, program_filter)
    # Only a job's process comes here, after it gave up all rights.
    runner.serve()


main()
