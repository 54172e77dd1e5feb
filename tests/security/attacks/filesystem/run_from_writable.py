# attack: runs a program or maps a library from every writable place, also with the loader as interpreter
# family: filesystem
# expect: blocked
# stops-it: noexec on every writable mount, Landlock
import ctypes
import errno
import mmap
import os
import shutil
import sys

import kit

LOADER = "/lib64/ld-linux-x86-64.so.2"
spots = ["/tmp", os.getcwd()] + (["/dev/shm"] if os.access("/dev/shm", os.W_OK) else [])


def executed(*command):
    def run():
        null = os.open("/dev/null", os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execv(command[0], list(command))
    def way():
        kind, code = kit.in_child(run)
        if (kind, code) == ("exit", 0):
            return "it ran"
        # The loader itself says 127 when it may not map the program.
        raise OSError(errno.EACCES if kind == "signal" or code == 127 else code, "refused")
    return way


for spot in spots:
    program = f"{spot}/program"
    shutil.copyfile(sys.executable, program)
    os.chmod(program, 0o755)
    with open(f"{spot}/script", "w") as script:
        script.write(f"#!{sys.executable}\nprint(1)\n")
    os.chmod(f"{spot}/script", 0o755)
    kit.attempt(f"execve {program}", executed(program, "-c", "pass"))
    kit.attempt(f"execve {spot}/script", executed(f"{spot}/script"))
    kit.attempt(f"loader runs {program}", executed(LOADER, program, "-c", "pass"))

    def mapped():
        with open(program, "r+b") as file:
            return len(mmap.mmap(file.fileno(), 4096, flags=mmap.MAP_PRIVATE,
                                 prot=mmap.PROT_READ | mmap.PROT_EXEC))
    kit.attempt(f"map {program} executable", mapped)

    library = f"{spot}/library.so"
    shutil.copyfile("/usr/lib/x86_64-linux-gnu/libz.so.1", library)

    def loaded():
        try:
            return ctypes.CDLL(library)
        except OSError as refusal:
            # dlopen gives a text and no errno.
            raise OSError(errno.EPERM, str(refusal)) from refusal
    kit.attempt(f"dlopen {library}", loaded)
    for path in (program, library):
        os.unlink(path)
kit.finish()
