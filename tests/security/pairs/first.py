"""Leaves a mark in every place that a program can reach, and ends."""
import builtins
import ctypes
import json
import locale
import os
import random
import resource
import signal
import socket
import string
import sys
import threading
import time

MARK = "mark-of-the-first-run"
left = []


def leave(where, function, *arguments):
    try:
        function(*arguments)
        left.append(where)
    except (OSError, ValueError, AttributeError, TypeError):
        pass


def write(path):
    with open(path, "w") as file:
        file.write(MARK)
    os.utime(path, (1, 1))


for folder in ("/tmp", "/work", "/dev/shm", "/", "/usr", "/proc", "/dev"):
    leave(folder, write, f"{folder}/{MARK}")
    leave(folder + " folder", os.mkdir, f"{folder}/folder-{MARK}")
leave("environment", os.environ.__setitem__, "MARK", MARK)
leave("umask", os.umask, 0o077)
leave("nice", os.nice, 5)
leave("process name", ctypes.CDLL(None).prctl, 15, MARK[:15].encode(), 0, 0, 0)
leave("signal handler", signal.signal, signal.SIGUSR1, signal.SIG_IGN)
leave("signal mask", signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGUSR2})
leave("timer", signal.setitimer, signal.ITIMER_REAL, 20)
leave("rlimit", resource.setrlimit, resource.RLIMIT_NOFILE, (200, 200))
leave("host name", socket.sethostname, MARK)
leave("recursion limit", sys.setrecursionlimit, 555)
leave("switch interval", sys.setswitchinterval, 0.5)
leave("random state", random.seed, 7)
leave("builtins", setattr, builtins, "LEFT_BY_FIRST", MARK)
leave("print", setattr, builtins, "print", lambda *words: None)
for module in (json, string, os, sys, time, random, threading, locale):
    leave(module.__name__, setattr, module, "LEFT_BY_FIRST", MARK)
sys.modules["mark"] = sys
sys.path.append("/tmp/" + MARK)
sys.meta_path.append(MARK)
sys.stdout.LEFT_BY_FIRST = MARK

held = []
for name in ("\0" + MARK, "/tmp/socket-" + MARK):
    listener = socket.socket(socket.AF_UNIX)
    leave("socket", listener.bind, name)
    leave("listen", listener.listen)
    held.append(listener)
reader, writer = os.pipe()
os.write(writer, MARK.encode())
lock = open("/dev/null", "w")
import fcntl

leave("lock", fcntl.lockf, lock, fcntl.LOCK_EX)
python = open(sys.executable, "rb")
leave("lock of the library", fcntl.lockf, python, fcntl.LOCK_SH)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        # Outlives the main process for as long as it is let.
        time.sleep(30)
    os._exit(0)
text = (MARK + "|") * 1000
sys.__stdout__.write(f"{len(left)}\n")
