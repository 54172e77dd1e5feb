# attack: hides memory from the kernel, locks it, splices its pages into pipes and files of others
# family: syscalls
# expect: blocked
# stops-it: seccomp, RLIMIT_MEMLOCK 0
import ctypes
import errno
import mmap
import os

import kit

kit.attempt("memfd_secret", lambda: kit.syscall("memfd_secret", 0))
view = mmap.mmap(-1, 1 << 20)
view.write(b"x" * (1 << 20))
address = ctypes.addressof(ctypes.c_char.from_buffer(view))
kit.attempt("mlock", lambda: kit.syscall("mlock", address, 1 << 20) == 0, also=[errno.ENOMEM, errno.EAGAIN])
kit.attempt("mlock2", lambda: kit.syscall("mlock2", address, 1 << 20, 1) == 0, also=[errno.ENOMEM])
kit.attempt("mlockall", lambda: kit.syscall("mlockall", 3) == 0, also=[errno.ENOMEM])
reader, writer = os.pipe()


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


kit.attempt("vmsplice", lambda: kit.syscall("vmsplice", writer, ctypes.byref(Vector(address, 4096)), 1, 8))
kit.attempt("remap_file_pages", lambda: kit.syscall("remap_file_pages", address, 4096, 0, 0, 0) == 0)
MAP_HUGETLB = 0x40000
kit.attempt("huge pages", lambda: mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_HUGETLB) and "mapped",
            also=[errno.ENOMEM, errno.EINVAL])
kit.finish()
