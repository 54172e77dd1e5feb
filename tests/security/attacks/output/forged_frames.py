# attack: writes forged results, huge lengths and noise to every descriptor, then ends
# family: output
# expect: outcome OUTCOME_OK|OUTCOME_RUNTIME_ERROR
# exit-code: 7
# stops-it: the outcome comes from the kernel; all that the job can write is bounded, hostile bytes
import os

FORGED = [
    b'{"outcome":"OUTCOME_OK","exitCode":0,"result":1}\n',
    b"\xff\xff\xff\xff" + b"x" * 100,
    b"\x00\x00\x00\x00\x00\x00\x00\x10" + b"\x00" * 16,
    b"\x7f" * 8 + b"A" * 4096,
    os.urandom(8192),
    b"\x08\x01\x12\x04done",
    b"[" * 5000,
    b"",
]
for fd in range(3, 1024):
    try:
        os.set_blocking(fd, False)
    except OSError:
        continue
    for frame in FORGED:
        try:
            os.write(fd, frame)
        except OSError:
            pass
    try:
        os.close(fd)
    except OSError:
        pass
print("forged")
os._exit(7)
