# attack: reads memory, environment, arguments, maps and files of the other processes, pid 1 above all
# family: processes
# expect: blocked
# stops-it: hidepid, pid 1 of another user and not dumpable, pid namespace
import os

import kit

visible = [int(name) for name in os.listdir("/proc") if name.isdigit()]
others = [pid for pid in visible if pid != os.getpid()]
for pid in sorted({*others, 1, 2, 3, os.getppid(), kit.facts()["daemon_pid"]} - {os.getpid()}):
    for name in ("environ", "cmdline", "maps", "mem", "auxv", "stack", "syscall", "io", "fd", "fdinfo", "map_files",
                 "cwd", "root", "exe", "personality", "pagemap", "smaps", "wchan", "task", "status", "stat"):
        def read():
            path = f"/proc/{pid}/{name}"
            if name in ("fd", "fdinfo", "map_files", "task"):
                return os.listdir(path)
            if name in ("cwd", "root", "exe"):
                return os.readlink(path)
            return open(path, "rb").read(64)
        kit.attempt(f"{pid}/{name}", read)
if others:
    kit.escaped(f"sees the processes {others}")
if os.getpid() == 1:
    kit.escaped("is pid 1 itself")
kit.finish()
