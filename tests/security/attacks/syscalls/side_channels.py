# attack: asks what others have in the page cache, in which memory node pages live, and how the caches behave
# family: syscalls
# expect: blocked
# stops-it: seccomp
import ctypes
import errno
import mmap
import os

import kit

file = os.open(os.__file__, os.O_RDONLY)
view = mmap.mmap(file, 0, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE)
kit.LIBC.mmap.restype = ctypes.c_void_p
kit.LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
address = kit.LIBC.mmap(None, 8192, 1, 2, file, 0)
pages = ctypes.create_string_buffer(2)
MINCORE = 27
kit.attempt("mincore of a shared library", lambda: kit.syscall(MINCORE, address, 8192, pages) == 0, only=[errno.EPERM, errno.ENOSYS])
numbers = (ctypes.c_uint64 * 2)(0, 4096)
result = (ctypes.c_uint64 * 5)()
kit.attempt("cachestat", lambda: kit.syscall("cachestat", file, numbers, result, 0) == 0, only=[errno.EPERM, errno.ENOSYS])
kit.attempt("move_pages", lambda: kit.syscall("move_pages", 0, 1, ctypes.byref(ctypes.c_void_p(address)), None,
                                               ctypes.create_string_buffer(4), 0) == 0, only=[errno.EPERM, errno.ENOSYS])
kit.finish()
