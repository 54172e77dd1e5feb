# Looks for answers in every object that can be reached, in all frames, and in raw memory.
import gc
import sys

flip = bytes(255 - byte for byte in range(256))
needles = [bytes.fromhex(text) for text in @NEEDLES@]
found = []


def look(where, data):
    if any(needle in data.translate(flip) for needle in needles):
        found.append(where)


def in_frames():
    frame = sys._getframe()
    while frame is not None:
        for name, value in [*frame.f_locals.items()]:
            if isinstance(value, str):
                look("frame " + name, value.encode("utf-8", "replace"))
            elif isinstance(value, bytes):
                look("frame " + name, value)
        frame = frame.f_back


def in_objects():
    seen = set()
    for holder in gc.get_objects():
        for value in gc.get_referents(holder):
            if id(value) in seen or not isinstance(value, (str, bytes, bytearray)):
                continue
            seen.add(id(value))
            data = value.encode("utf-8", "replace") if isinstance(value, str) else bytes(value)
            look("object", data)


def in_memory():
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                area, mode = line.split()[:2]
                start, end = (int(part, 16) for part in area.split("-"))
                if not mode.startswith("rw") or end - start > 64 << 20:
                    continue
                try:
                    memory.seek(start)
                    look("memory at " + area, memory.read(end - start))
                except OSError:
                    pass
    except OSError:
        pass


in_frames()
in_objects()
in_memory()
print("LEAK " + ", ".join(found[:5]) if found else "nothing found")
