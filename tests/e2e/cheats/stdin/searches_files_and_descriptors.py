# Looks for answers in descriptors, files, environment and /proc.
import os
import stat
import sys

sys.stdin.buffer.read()
needles = [bytes.fromhex(text) for text in @NEEDLES@]
flip = bytes(255 - byte for byte in range(256))
found = []


def look(where, data):
    if any(needle in data.translate(flip) for needle in needles):
        found.append(where)


def look_in(path):
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not path.startswith("/proc/"):
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            look(path, os.read(descriptor, 1 << 20))
        finally:
            os.close(descriptor)
    except OSError:
        pass


for descriptor in range(1024):
    try:
        look("link of descriptor %d" % descriptor, os.readlink("/proc/self/fd/%d" % descriptor).encode())
        os.set_blocking(descriptor, False)
        look("descriptor %d" % descriptor, os.read(descriptor, 1 << 20))
    except OSError:
        pass
look("environment", repr(dict(os.environb)).encode())
look("arguments", repr(sys.orig_argv).encode())
for top in ("/tmp", "/work", "/run", "/var", "/home", "/root", "/etc", "/dev", "/mnt", "/opt", "/srv"):
    for folder, _, names in os.walk(top):
        for name in names:
            look_in(os.path.join(folder, name))
for process in os.listdir("/proc"):
    for name in ("cmdline", "environ", "maps", "mountinfo", "cgroup", "status", "comm", "stack"):
        look_in("/proc/%s/%s" % (process, name))
    for part in ("cwd", "root", "fd", "task"):
        try:
            for name in os.listdir("/proc/%s/%s" % (process, part)):
                look("/proc/%s/%s" % (process, part), name.encode())
        except OSError:
            pass
print("LEAK " + ", ".join(found) if found else "nothing found")
