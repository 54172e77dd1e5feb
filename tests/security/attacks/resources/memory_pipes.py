# attack: hoards memory in pipes that it enlarges and fills, in one process and then in its children
# family: resources
# expect: outcome OUTCOME_OK|OUTCOME_MEMORY_LIMIT
# ends-within: 6s
# stops-it: memory limit of the cgroup, per-user pipe limits, RLIMIT_NOFILE
import fcntl
import os
import time

F_SETPIPE_SZ = 1031
BLOCK = b"x" * (1 << 20)


def hoard():
    """Fills pipes until there are no more; returns the bytes that they hold."""
    held, kept = 0, []
    try:
        while True:
            kept.append(os.pipe())
            writer = kept[-1][1]
            os.set_blocking(writer, False)
            try:
                fcntl.fcntl(writer, F_SETPIPE_SZ, 1 << 20)
            except OSError:
                pass  # the default size is what there is
            held += os.write(writer, BLOCK)
    except OSError:
        return held, kept


totals = os.pipe()
for _ in range(8):
    if os.fork() == 0:
        held, kept = hoard()
        os.write(totals[1], held.to_bytes(8, "little"))
        time.sleep(60)
        os._exit(0)
total = sum(int.from_bytes(os.read(totals[0], 8), "little") for _ in range(8))
if total > 160 << 20:
    print("ESCAPED", total, "bytes in pipes", flush=True)
print("pipes hold", total, flush=True)
os._exit(0)
