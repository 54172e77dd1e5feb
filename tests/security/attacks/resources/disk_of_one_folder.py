# attack: writes more to /tmp than it may hold
# family: resources
# expect: blocked
# stops-it: size limit of the tmpfs
import errno

import kit

total = 0


def fill():
    global total
    block = b"x" * (1 << 20)
    for number in range(20):
        with open(f"/tmp/{number}", "wb", buffering=0) as file:
            for _ in range(10):
                total += file.write(block)
    return f"{total} bytes"


kit.attempt("fill /tmp", fill, only=[errno.ENOSPC])
if total > 52 << 20:
    kit.escaped(f"{total} bytes before the refusal")
kit.finish()
