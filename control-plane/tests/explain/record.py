#!/usr/bin/env python3
"""Writes down what the real Python prints for each program of programs/, into recorded/.

    python3.11 -I control-plane/tests/explain/record.py

Each program runs in a process and a folder of its own, as the runner inside a sandbox does it: compiled as
"main.py", and with none of the runner's frames in its traceback. It ends at the usual limits of time, memory and
output. A program NAME.py reads NAME.in, or NAME.typed, behind which the input stays open, and has the files of the
folder NAME beside it. The programs are harmless; never add one that is not.
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

DRIVER = r"""
import json, sys
source = open("main.py", "rb").read()
sys.path.insert(0, sys.argv[1])
try:
    code = compile(source, "main.py", "exec", dont_inherit=True)
except (SyntaxError, ValueError) as error:
    text = getattr(error, "text", None)
    print(json.dumps({
        "kind": type(error).__name__,
        "line": getattr(error, "lineno", None) or 0,
        "column": getattr(error, "offset", None) or 0,
        "message": str(getattr(error, "msg", None) or error)[:1000],
        "source_line": text.rstrip("\n") if isinstance(text, str) else "",
    }), file=open("compile_error.json", "w"))
    sys.excepthook(type(error), error.with_traceback(None), None)
    sys.exit(1)
module = type(sys)("__main__")
sys.modules["__main__"] = module
import builtins, os
builtins.exit = builtins.quit = sys.exit
for name in [name.removesuffix(".py") for name in os.listdir(sys.argv[1])]:
    sys.modules.pop(name, None)
try:
    exec(code, module.__dict__)
except SystemExit:
    raise
except BaseException as error:
    error.__traceback__ = error.__traceback__.tb_next
    sys.excepthook(type(error), error, error.__traceback__)
    sys.exit(1)
"""


WALL_SECONDS = 5
MEMORY_BYTES = 128 << 20
OUTPUT_BYTES = 1 << 20
LOOK_SECONDS = 0.02


def outcome_of(process, started, output):
    """The limit that a running program has reached, or None."""
    try:
        pages = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    except (FileNotFoundError, IndexError):
        return None
    if pages * resource.getpagesize() > MEMORY_BYTES:
        return "MEMORY_LIMIT"
    if output.stat().st_size > OUTPUT_BYTES:
        return "OUTPUT_LIMIT"
    return "TIME_LIMIT" if time.monotonic() - started > WALL_SECONDS else None


def run(folder, program):
    """Runs a program to its end or to a limit."""
    typed = program.with_suffix(".typed")
    stdin = typed if typed.exists() else program.with_suffix(".in")
    output, errors = pathlib.Path(folder, "stdout"), pathlib.Path(folder, "stderr")
    started = time.monotonic()
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(
            ["python3.11", "-I", "-X", "utf8", "-c", DRIVER, folder],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
        )
    process.stdin.write(stdin.read_bytes() if stdin.exists() else b"")
    process.stdin.flush()
    if not typed.exists():
        process.stdin.close()
    outcome = None
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        time.sleep(LOOK_SECONDS)
        outcome = outcome or outcome_of(process, started, output)
        if outcome:
            os.kill(process.pid, signal.SIGKILL)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "limit": outcome,
        "exit_code": process.returncode,
        "wall_seconds": round(time.monotonic() - started, 1) if outcome else None,
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1) if outcome else None,
    }, errors.read_bytes().decode()


def record(program):
    name = program.stem
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(program, pathlib.Path(folder, "main.py"))
        beside = program.parent / name
        if beside.is_dir():
            shutil.copytree(beside, folder, dirs_exist_ok=True)
        ended, text = run(folder, program)
        compile_error = pathlib.Path(folder, "compile_error.json")
        text = text.replace(folder, "/work")
        library = sys.base_prefix + "/lib/python3.11"
        recorded = ended | {
            "compile_error": json.loads(compile_error.read_text()) if compile_error.exists() else None,
            "stderr": text.replace(library, "/usr/lib/python3.11").split("\n"),
        }
    target = HERE / "recorded" / f"{name}.json"
    target.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")


def main():
    (HERE / "recorded").mkdir(exist_ok=True)
    programs = sorted((HERE / "programs").glob("*.py"))
    for program in programs:
        record(program)
    print(f"{len(programs)} programs recorded with Python {sys.version.split()[0]}")


main()
