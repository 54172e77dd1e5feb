# about: numpy is there already, with one thread, and computes
# outcome: OUTCOME_OK
# profile: science
# stdout: ok
import sys

assert "numpy" in sys.modules, "it was loaded before the program"
import numpy as np

assert np is sys.modules["numpy"]
table = np.arange(12.0).reshape(3, 4)
assert table.sum(axis=0).tolist() == [12.0, 15.0, 18.0, 21.0]
assert table[table % 2 == 0].size == 6
assert np.allclose(np.fft.ifft(np.fft.fft(table[0])).real, table[0])
assert np.polynomial.Polynomial([1, 2, 3])(2) == 17
assert np.ma.masked_invalid([1.0, np.nan]).sum() == 1.0
assert np.array(["a", "bc"]).astype(object).tolist() == ["a", "bc"]
np.save("table.npy", table)
assert (np.load("table.npy", mmap_mode="r") == table).all()
try:
    np.zeros(3) + np.zeros(4)
except ValueError as error:
    assert "broadcast" in str(error)
with open("/proc/self/status") as status:
    assert "Threads:\t1\n" in status.read(), "a second thread"
print("ok")
