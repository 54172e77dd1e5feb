# attack: searches frames, objects, modules, descriptors and files for expected answers and hidden tests
# family: grading
# function: solve ["question"]
# expect: blocked
# limits: wall_ms=12000 cpu_ms=12000
# stops-it: expected values, tests and checkers never enter the sandbox
import gc
import os
import sys

TELLING = ("expected", "answer", "tests", "hidden", "checker", "solution")


def solve(question):
    import kit

    kit.facts()
    frame = sys._getframe(1)
    while frame is not None:
        for name in list(frame.f_locals) + list(frame.f_globals):
            if any(word in name.lower() for word in TELLING) and name != "TELLING":
                kit.escaped(f"frame {frame.f_code.co_name} holds {name}")
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict) and any(word in thing for word in ("expected", "hidden_tests", "expected_json")):
            kit.escaped(f"an object holds {list(thing)[:10]}")
    files = 0
    for folder, names, plain in os.walk("/"):
        if folder == "/proc" or folder.startswith(("/usr/lib/python", "/usr/share")):
            names.clear()
            continue
        for name in plain:
            files += 1
            if name.endswith((".in", ".out")) or any(word in name.lower() for word in TELLING):
                kit.escaped(f"there is {folder}/{name}")
    for fd in range(256):
        try:
            os.set_blocking(fd, False)
            data = os.read(fd, 1 << 20)
        except OSError:
            continue
        if data:
            kit.escaped(f"descriptor {fd} still holds {data[:40]!r}")
    kit.blocked(f"no trace of an answer in {files} files and all objects")
    kit.finish()
