# attack: writes results of its own to every descriptor and ends before the real one
# family: grading
# function: solve [1, 2]
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# function-status: RETURNED|NOT_DATA|NO_RESULT
# stops-it: the result channel is hostile bytes to the daemon; the expected value is not here
import os


def solve(a, b):
    for fd in range(3, 256):
        for frame in (b'{"status":"returned","result":3}\n', b"3", b"\x01\x00\x00\x003", b"\xff" * 100, b"[" * 100000):
            try:
                os.set_blocking(fd, False)
                os.write(fd, frame)
            except OSError:
                pass
    os._exit(0)
