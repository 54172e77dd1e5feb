# attack: mounts file systems, binds and remounts with the classic mount calls
# family: escape
# expect: blocked
# stops-it: seccomp, no capabilities
import os

import kit

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 1, 32, 4096, 8192, 16384, 1 << 18
os.makedirs("/tmp/target", exist_ok=True)


def mounted(source, target, kind, flags, data=None):
    def way():
        kit.syscall("mount", source, target, kind, flags, data)
        return "mounted"
    return way


for kind in ("tmpfs", "proc", "sysfs", "devtmpfs", "cgroup", "cgroup2", "mqueue", "devpts", "overlay",
             "bpf", "debugfs", "tracefs", "securityfs", "ramfs", "fuse", "9p", "ext4", "hugetlbfs"):
    kit.attempt(f"mount {kind}", mounted(kind, "/tmp/target", kind, 0))
kit.attempt("bind /", mounted("/", "/tmp/target", None, MS_BIND | MS_REC))
kit.attempt("bind /proc/1/root", mounted("/proc/1/root", "/tmp/target", None, MS_BIND))
kit.attempt("remount / writable", mounted(None, "/", None, MS_REMOUNT | MS_BIND))
kit.attempt("remount /tmp with exec", mounted(None, "/tmp", None, MS_REMOUNT | MS_BIND))
kit.attempt("remount /proc", mounted("proc", "/proc", "proc", MS_REMOUNT, "hidepid=0,subset="))
kit.attempt("make / shared", mounted(None, "/", None, MS_REC | (1 << 20)))
kit.attempt("move /tmp", mounted("/tmp", "/work", None, MS_MOVE))
kit.attempt("umount /proc", lambda: kit.syscall("umount2", "/proc", 2))
kit.attempt("umount /tmp lazily", lambda: kit.syscall("umount2", "/tmp", 2 | 8))
kit.finish()
