# attack: searches its whole memory and everything that it can read for the input of a run that lives at the same time
# family: between-runs
# expect: blocked
# limits: wall_ms=12000 cpu_ms=12000
# stops-it: nothing of a run stays in the process that starts the next one
import os
import re

import kit

# The secret comes as hexadecimal digits, and the pattern is made of escapes, so that the plain
# text is in this process only if it came from outside.
digits = kit.facts()["secret_hex"]
pattern = re.compile("".join(f"\\x{digits[at:at + 2]}" for at in range(0, len(digits), 2)).encode())
searched = 0
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
    for line in maps.read().splitlines():
        fields = line.split()
        if "r" not in fields[1] or fields[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            continue
        start, end = (int(part, 16) for part in fields[0].split("-"))
        try:
            memory.seek(start)
            data = memory.read(min(end - start, 32 << 20))
        except OSError:
            continue
        searched += len(data)
        if pattern.search(data):
            kit.escaped(f"memory at {line} holds the secret")
if searched < 4 << 20:
    print("BROKEN searched only", searched, "bytes")
for folder, names, files in os.walk("/"):
    if folder == "/proc" or folder.startswith("/usr"):
        names.clear()
        continue
    for name in files:
        try:
            fd = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NONBLOCK)
            data = os.read(fd, 1 << 20)
            os.close(fd)
        except OSError:
            continue
        if pattern.search(data):
            kit.escaped(f"{folder}/{name} holds the secret")
kit.blocked(f"{searched >> 20} MiB searched")
kit.finish()
