# about: mmap of a file, struct, array and memoryview
# outcome: OUTCOME_OK
# stdout: ok
import array
import mmap
import struct

with open("table.bin", "wb") as file:
    for number in range(1000):
        file.write(struct.pack("<iid", number, number * 2, number / 2))
with open("table.bin", "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
    assert len(view) == 16000
    assert struct.unpack_from("<iid", view, 16 * 500) == (500, 1000, 250.0)
    view[0:4] = struct.pack("<i", 77)
assert open("table.bin", "rb").read(4) == b"M\0\0\0"
numbers = array.array("h", range(10))
assert memoryview(numbers)[3:5].tolist() == [3, 4]
print("ok")
