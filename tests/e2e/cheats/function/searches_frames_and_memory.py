# Looks for answers in the frames that called it, in all objects, files and raw memory.
import gc
import os
import sys

flip = bytes(255 - byte for byte in range(256))
needles = [bytes.fromhex(text) for text in @NEEDLES@]
found = []


def look(where, data):
    if any(needle in data.translate(flip) for needle in needles):
        found.append(where)


def look_at(where, value):
    if isinstance(value, str):
        look(where, value.encode("utf-8", "replace"))
    elif isinstance(value, (bytes, bytearray)):
        look(where, bytes(value))
    elif isinstance(value, (list, tuple)):
        for item in value:
            look_at(where, item)
    elif isinstance(value, dict):
        for item in value.values():
            look_at(where, item)


def encrypt(text, shift):
    frame = sys._getframe(1)
    while frame is not None:
        for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
            if name not in ("needles", "text", "arguments", "values"):
                look_at("frame " + name, value) if not name.startswith("__") else None
        frame = frame.f_back
    for holder in gc.get_objects():
        for value in gc.get_referents(holder):
            if isinstance(value, (str, bytes)):
                look_at("object", value)
    for folder, _, names in [*os.walk("/work"), *os.walk("/tmp"), *os.walk("/run")]:
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                look(os.path.join(folder, name), file.read(1 << 20))
    try:
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                area, mode = line.split()[:2]
                start, end = (int(part, 16) for part in area.split("-"))
                if mode.startswith("rw") and end - start <= 64 << 20:
                    try:
                        memory.seek(start)
                        look("memory at " + area, memory.read(end - start))
                    except OSError:
                        pass
    except OSError:
        pass
    return "LEAK " + ", ".join(found[:5]) if found else "nothing found"
