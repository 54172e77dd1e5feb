# attack: enters the namespaces of every process it can name, by file and by pidfd
# family: escape
# expect: blocked
# stops-it: seccomp, hidepid, no capabilities
import errno
import os

import kit

KINDS = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time")
daemon = kit.facts()["daemon_pid"]
for pid in ("self", "1", "2", str(os.getppid()), str(daemon)):
    for kind in KINDS:
        def enter(path=f"/proc/{pid}/ns/{kind}"):
            return kit.syscall("setns", os.open(path, os.O_RDONLY), 0) == 0
        kit.attempt(f"setns {pid} {kind}", enter)
for pid in (1, os.getppid(), os.getpid(), daemon):
    def enter_all(pid=pid):
        if pid == 0:
            raise OSError(errno.ESRCH, "no parent in this namespace")
        handle = kit.syscall("pidfd_open", pid, 0)
        return kit.syscall("setns", handle, 0x7C020000) == 0
    kit.attempt(f"setns by pidfd of {pid}", enter_all)
kit.finish()
