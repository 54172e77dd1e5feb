"""Looks for marks of the run before, and says which it found."""
import ctypes
import os
import sys

MARK = "mark-of-the" + "-first-run"
found = []


def look(what, seen):
    if seen:
        found.append(what)


import builtins

look("builtins", hasattr(builtins, "LEFT_BY_FIRST") or builtins.print.__class__.__name__ != "builtin_function_or_method")
look("modules", "mark" in sys.modules or any(hasattr(module, "LEFT_BY_FIRST") for module in list(sys.modules.values())))
look("path", any(MARK in str(entry) for entry in [*sys.path, *sys.meta_path]))
look("stdout", hasattr(sys.stdout, "LEFT_BY_FIRST"))
look("recursion limit", sys.getrecursionlimit() != 1000)
look("switch interval", sys.getswitchinterval() != 0.005)
look("environment", "MARK" in os.environ or len(os.environ) != 6)
look("umask", os.umask(0o022) != 0o022)
look("nice", os.nice(0) != 0)

import random
import resource
import signal
import socket

look("random state", random.random() == random.Random(7).random())
look("signal handler", signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL)
look("signal mask", signal.pthread_sigmask(signal.SIG_BLOCK, []) != set())
look("timer", signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0))
look("rlimit", resource.getrlimit(resource.RLIMIT_NOFILE) != (256, 256))
look("host name", socket.gethostname() != "sandbox")
name = ctypes.create_string_buffer(16)
ctypes.CDLL(None).prctl(16, name, 0, 0, 0)
look("process name", MARK[:15].encode() in name.value)

for folder in ("/tmp", "/work", "/dev/shm", "/", "/usr", "/dev"):
    names = os.listdir(folder)
    look(f"files in {folder}", any(MARK in entry for entry in names))
look("files that are not its own", os.listdir("/tmp") or os.listdir("/dev/shm") or os.listdir("/work") != ["main.py"])
for address in ("\0" + MARK, "/tmp/socket-" + MARK):
    with socket.socket(socket.AF_UNIX) as caller:
        look("socket", caller.connect_ex(address) == 0)
processes = [entry for entry in os.listdir("/proc") if entry.isdigit()]
look("processes", processes != [str(os.getpid())])
look("descriptors", sorted(os.listdir("/proc/self/fd"))[:3] != ["0", "1", "2"] or len(os.listdir("/proc/self/fd")) > 4)

import fcntl

with open("/dev/null", "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        look(f"lock on /dev/null ({error})", True)
with open("/proc/self/status") as file:
    status = dict(line.strip().partition(":")[::2] for line in file)
look("signals", status["SigPnd"].strip("\t0") or status["ShdPnd"].strip("\t0"))

# Its own constant is in memory in two halves, and joined once.
needle = (MARK + "|") * 2
for line in open("/proc/self/maps"):
    span, rights, *_ = line.split()
    if not rights.startswith("rw") or "[v" in line:
        continue
    first, last = (int(part, 16) for part in span.split("-"))
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(first)
        try:
            content = memory.read(last - first)
        except OSError:
            continue
    if content.count(b"first-run|mark-of-the-first-run|mark") > 0 and len(needle) > 0:
        # A thousand of them in a row are the other's; the needle has two.
        if content.count(b"mark-of-the-first-run|") > 40:
            found.append("memory")
print("FOUND", ", ".join(found) if found else "nothing")
