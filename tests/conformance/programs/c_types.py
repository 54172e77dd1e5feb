# about: ctypes: libc, structures, callbacks
# outcome: OUTCOME_OK
# stdout: ok
import ctypes

libc = ctypes.CDLL(None)
assert libc.abs(-5) == 5
libc.strlen.restype = ctypes.c_size_t
assert libc.strlen(b"hello") == 5


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]


assert ctypes.sizeof(Point) == 16
numbers = (ctypes.c_int * 5)(5, 3, 1, 4, 2)
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
libc.qsort(numbers, 5, ctypes.sizeof(ctypes.c_int), compare(lambda a, b: a[0] - b[0]))
assert list(numbers) == [1, 2, 3, 4, 5]
print("ok")
