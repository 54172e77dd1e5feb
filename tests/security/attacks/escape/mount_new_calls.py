# attack: mounts with fsopen, fsconfig, fsmount, open_tree, move_mount and mount_setattr
# family: escape
# expect: blocked
# stops-it: seccomp, no capabilities
import ctypes
import os

import kit

os.makedirs("/tmp/target", exist_ok=True)
OPEN_TREE_CLONE, AT_RECURSIVE = 1, 0x8000
FSCONFIG_CMD_CREATE, MOVE_MOUNT_F_EMPTY_PATH = 6, 4


def new_file_system(kind):
    def way():
        context = kit.syscall("fsopen", kind, 0)
        kit.syscall("fsconfig", context, FSCONFIG_CMD_CREATE, None, None, 0)
        mount = kit.syscall("fsmount", context, 0, 0)
        kit.syscall("move_mount", mount, "", kit.AT_FDCWD, "/tmp/target", MOVE_MOUNT_F_EMPTY_PATH)
        return "mounted"
    return way


for kind in ("tmpfs", "proc", "sysfs", "cgroup2", "mqueue", "overlay"):
    kit.attempt(f"fsopen {kind}", new_file_system(kind))


def cloned_tree(path):
    def way():
        tree = kit.syscall("open_tree", kit.AT_FDCWD, path, OPEN_TREE_CLONE | AT_RECURSIVE)
        return os.listdir(tree)
    return way


for path in ("/", "/proc", "/tmp"):
    kit.attempt(f"open_tree {path}", cloned_tree(path))
kit.attempt("fspick /", lambda: kit.syscall("fspick", kit.AT_FDCWD, "/", 0))


class MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


READ_ONLY, NO_EXEC = 1, 8
for path, clear in (("/", READ_ONLY), ("/tmp", NO_EXEC)):
    kit.attempt(
        f"mount_setattr {path}",
        lambda: kit.syscall("mount_setattr", kit.AT_FDCWD, path, 0,
                            ctypes.byref(MountAttributes(0, clear, 0, 0)), 32) == 0)
kit.finish()
