# Where it can write, what it can see of the host, what it can start.
import os

for folder in ("/", "/usr", "/etc", "/dev", "/usr/lib/python3.11", "/proc", "/proc/self"):
    path = os.path.join(folder, "doctor")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        print("HOLE writing", path)
    except OSError as error:
        print("ok writing", path, error.strerror)
for path in ("/sys", "/proc/sys", "/proc/kcore", "/proc/kallsyms", "/proc/cmdline", "/proc/modules", "/dev/mem", "/dev/sda",
             "/dev/kmsg", "/run", "/var/run/docker.sock", "/root", "/home", "/boot"):
    try:
        there = os.listdir(path) if os.path.isdir(path) else os.path.exists(path)
    except OSError:
        there = False
    print("HOLE" if there else "ok", "seeing", path, there or "")
for folder in ("/tmp", "/work", "/dev/shm"):
    path = os.path.join(folder, "program")
    with open(path, "w") as file:
        file.write("#!/usr/bin/python3.11\nprint('HOLE ran', __file__)\n")
    os.chmod(path, 0o755)
    child = os.fork()
    if child == 0:
        try:
            os.execv(path, [path])
        except OSError as error:
            print("ok starting", path, error.strerror, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    os.remove(path)
processes = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
print("HOLE" if processes else "ok", "processes of others", processes)
devices = sorted(set(os.listdir("/dev")) - {"null", "zero", "full", "random", "urandom", "shm", "fd", "stdin", "stdout", "stderr"})
print("HOLE" if devices else "ok", "devices", devices)
