"""Runs one student's program inside the sandbox, in a copy of the zygote's interpreter.

Descriptor 3 is a socket to the daemon, 4 a pipe for a function's return value. In order:

1. The runner sends b"H": the interpreter is ready.
2. The daemon sends the job: its size in bytes, these four included, then the fields, each a length
   and bytes. All numbers are 4 bytes, little-endian. Fields: resource limits (CPU seconds and
   processes, two numbers), mode (b"script", b"drawing" or b"function"), source, code (see below), function name,
   arguments (a JSON array), then path and content of each further file.
3. The runner writes the files, compiles the source and sends b"S" (started), or b"E" and a JSON
   object (compile error). It closes the socket before any line of the program runs, so a program can't
   speak in its place.
4. In drawing mode, descriptor 4 stays open for what turtle draws (see tkinter/_picture.py); in script mode it is
   closed before any line of the program runs.
5. In function mode the runner writes to descriptor 4: b"R" and the returned value as JSON, b"D" when
   the function is not defined, or b"N" when the value is not plain data or too large.

In a batch, where one program runs for many inputs, only the first compiles: its field for code is b"?",
and it answers b"C", a length and the code as marshal writes it, or b"S" when there is none to hand on.
In function mode the daemon then sends the arguments, in a message of this one field; standard input
comes then too. The others find that code in their jobs and answer b"S".

The program must not notice the runner: it is __main__, its tracebacks have its own frames only, it
exits as it would by itself. Nothing here is secret: the program can read this file and all that the
runner knows.
"""

import _weakref
import atexit
import gc
import marshal
import os
import resource
import sys

CONTROL = 3
RESULT = 4
HOME = "/work"
MAIN = "main.py"
DEEPEST_RESULT = 100
LONGEST_RESULT = 1024 * 1024
FOR_ALL = b"?"
LONGEST_CODE = 4 * 1024 * 1024
FIRST_PIECE = 64 * 1024


def read_job():
    """The fields of the job. It comes in one piece if it is short."""
    data = os.read(CONTROL, FIRST_PIECE)
    size = int.from_bytes(data[:4], "little") if len(data) >= 4 else None
    if size is None or len(data) < size:
        data = read_rest(data, size)
    fields = []
    at = 4
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        fields.append(data[at + 4 : end])
        at = end
    return fields


def read_rest(data, size):
    data = bytearray(data)
    while size is None or len(data) < size:
        piece = os.read(CONTROL, FIRST_PIECE)
        if not piece:
            os._exit(1)
        data += piece
        if size is None and len(data) >= 4:
            size = int.from_bytes(data[:4], "little")
    return bytes(data)


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


def write_file(path, content):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    if os.write(descriptor, content) != len(content):
        os.close(descriptor)
        with open(path, "wb") as file:
            file.write(content)
        return
    os.close(descriptor)


def write_files(source, files):
    write_file(MAIN, source)
    for path, content in files:
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        write_file(path, content)


def describe_compile_error(error):
    import json

    line = getattr(error, "lineno", None) or 0
    column = getattr(error, "offset", None) or 0
    text = getattr(error, "text", None)
    description = {
        "kind": type(error).__name__,
        "file": MAIN,
        "line": line if isinstance(line, int) else 0,
        "column": column if isinstance(column, int) else 0,
        "message": str(getattr(error, "msg", None) or error)[:1000],
        "source_line": text.rstrip("\n")[:1000] if isinstance(text, str) else "",
    }
    return b"E" + json.dumps(description).encode("ascii", "replace")


def compile_program(source, given):
    """The program's code; the daemon is told."""
    failure = None
    answer = b"S"
    try:
        if given == FOR_ALL:
            code, answer = compile_for_all(source)
        else:
            code = load(given) if given else None
            if code is None:
                code = compile(source, MAIN, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        failure = error
        answer = describe_compile_error(error)
    write_all(CONTROL, answer)
    if failure is not None:
        os.close(CONTROL)
        sys.excepthook(type(failure), failure.with_traceback(None), None)
        sys.exit(1)
    return code


class Overheard:
    """Standard error that knows whether anything was written to it."""

    def __init__(self, stream):
        self.stream, self.written = stream, False

    def write(self, text):
        self.written = True
        return self.stream.write(text)

    def flush(self):
        self.stream.flush()


def compile_for_all(source):
    """Compiles, and makes of the code what can be handed on. There is none when it is too large, and when
    Python warned: each case shall show that, as a run of its own would."""
    sys.stderr = overheard = Overheard(sys.stderr)
    try:
        code = compile(source, MAIN, "exec", dont_inherit=True)
    finally:
        sys.stderr = overheard.stream
    if overheard.written:
        return code, b"S"
    try:
        text = marshal.dumps(code)
    except (ValueError, MemoryError):
        return code, b"S"
    if len(text) > LONGEST_CODE:
        return code, b"S"
    return code, b"C" + len(text).to_bytes(4, "little") + text


def load(given):
    """Code that another sandbox has compiled; None when it is none."""
    try:
        code = marshal.loads(given)
    except (EOFError, ValueError, TypeError, MemoryError):
        return None
    return code if type(code) is CODE else None


def make_module(name):
    module = type(sys)(name)
    module.__file__ = os.path.join(HOME, MAIN)
    module.__builtins__ = __builtins__
    module.__annotations__ = {}
    sys.modules[name] = module
    return module


def call_guarded(function, *arguments):
    """Calls a function of the program; what it raises is shown as Python itself would show it."""
    try:
        return function(*arguments)
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        error.__traceback__ = trace
        sys.excepthook(type(error), error, trace)
        if isinstance(error, KeyboardInterrupt):
            import signal

            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        sys.exit(1)


def plain(value, depth=0):
    """The value as plain data of exactly the built-in types, or TypeError.

    No method of the value is called that the program could have defined: a type that only looks like a
    number is none.
    """
    kind = type(value)
    if depth > DEEPEST_RESULT:
        raise TypeError("nested too deeply")
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in (list, tuple):
        return [plain(item, depth + 1) for item in value]
    if kind is dict:
        if not all(type(key) is str for key in value):
            raise TypeError("keys must be text")
        return {key: plain(item, depth + 1) for key, item in value.items()}
    raise TypeError(f"a value of type {kind.__name__} is not plain data")


def unlimit_digits():
    """Lets numbers of any length become text; gives the limit that was set, None where there is none."""
    if not hasattr(sys, "get_int_max_str_digits"):
        return None
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    return digits


def call_function(module, name, arguments, dumps):
    """Calls the function and sends what it returns."""
    function = module.__dict__.get(name)
    if not callable(function):
        write_all(RESULT, b"D")
        return
    value = call_guarded(function, *arguments)
    unlimit_digits()
    try:
        answer = b"R" + dumps(plain(value)).encode("ascii")
    except (TypeError, ValueError, RecursionError, MemoryError):
        answer = b"N"
    write_all(RESULT, answer if len(answer) <= LONGEST_RESULT else b"N")


def limit_resources(numbers):
    """A second line behind the control group's limits."""
    cpu_seconds, processes = (int.from_bytes(numbers[at : at + 4], "little") for at in (0, 4))
    for kind, most in ((resource.RLIMIT_CPU, cpu_seconds), (resource.RLIMIT_NPROC, processes)):
        resource.setrlimit(kind, (most, most))


def let_own_modules_win(paths):
    """A program's own random.py is found before the random that is loaded already."""
    own = {path.decode().partition("/")[0].removesuffix(".py") for path in paths} - started_with
    for name in [name for name in sys.modules if name.partition(".")[0] in own]:
        del sys.modules[name]
    for name in own & deferred.keys():
        del deferred[name]


def enter_folder(files):
    """From here on the program's own modules are found first."""
    if files:
        let_own_modules_win(path for path, _ in files)
    sys.path[0] = HOME


def run_program():
    numbers, mode, source, given, name, arguments, *rest = read_job()
    limit_resources(numbers)
    files = list(zip(rest[::2], rest[1::2]))
    write_files(source, files)
    sys.argv = [MAIN]
    code = compile_program(source, given)
    if given == FOR_ALL and mode == b"function":
        (arguments,) = read_job()
    os.close(CONTROL)
    if mode == b"function":
        # Loaded before the program's folder is on the path: it may have a json.py.
        import json

        digits = unlimit_digits()
        values = json.loads(arguments)
        if digits is not None:
            sys.set_int_max_str_digits(digits)
        dumps = json.JSONEncoder(ensure_ascii=True).encode
        enter_folder(files)
        make_module("__main__")
        module = make_module("main")
        call_guarded(exec, code, module.__dict__)
        call_function(module, name.decode(), values, dumps)
        os.close(RESULT)
    else:
        if mode == b"drawing":
            sys._drawing = RESULT
        else:
            os.close(RESULT)
        enter_folder(files)
        module = make_module("__main__")
        call_guarded(exec, code, module.__dict__)


# --- The end of a program -------------------------------------------------------------------
#
# What an interpreter does when its main program ends, without tearing down what the program never
# touched: that would copy all the memory that is shared with the zygote.


def exit_code(value):
    """As the interpreter understands SystemExit's value."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xFF if -(2**63) <= value < 2**63 else 0xFF
    try:
        sys.stderr.write(f"{value}\n")
    except (AttributeError, OSError, ValueError):
        pass
    return 1


def flush():
    """Empties the standard streams; false when standard output can't be written."""
    good = True
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException as error:
            if name == "stdout":
                good = False
                sys.unraisablehook(Unraisable(error, stream))
    return good


class Unraisable:
    """What sys.unraisablehook is told."""

    def __init__(self, error, thing):
        self.exc_type, self.exc_value, self.exc_traceback = type(error), error, None
        self.err_msg, self.object = None, thing


def inert(value, depth=0):
    """Whether the end of this value can have no effect that anybody sees."""
    kind = type(value)
    if kind in SCALARS:
        return True
    if kind is FUNCTION:
        return (value.__defaults__, value.__kwdefaults__, value.__closure__) == NO_VALUES and not value.__dict__
    if kind is MODULE:
        return value.__name__ in loaded_with
    if depth > 3 or kind not in CONTAINERS or len(value) > 1000:
        return False
    if kind is dict:
        return all(inert(key, depth + 1) and inert(item, depth + 1) for key, item in value.items())
    return all(inert(item, depth + 1) for item in value)


def all_inert(names):
    return all(name in MODULE_NAMES or inert(names[name]) for name in list(names))


def unload_modules():
    """Ends the objects of the program's own modules: first those that nothing holds any more, then all."""
    # Most programs import nothing that was not there; looking at each name would cost them more.
    if len(modules) == modules_before and "__main__" in modules and all_inert(modules["__main__"].__dict__):
        return
    names = [name for name, module in list(modules.items()) if is_own(name, module)]
    watched = [_weakref.ref(modules[name]) for name in names]
    for name in names:
        modules[name] = None
    gc.collect()
    for watch in reversed(watched):
        module = watch()
        if module is not None:
            clear(module.__dict__)
    module = None
    gc.collect()


def is_own(name, module):
    """Whether a module is the program's; the library's have no end that anybody sees."""
    if type(module) is not MODULE or name in loaded_with:
        return False
    return name in ("__main__", "main") or str(getattr(module, "__file__", None)).startswith(HOME + "/")


def clear(names):
    for private in (True, False):
        for name in list(names):
            if (name[:1] == "_" and name[:2] != "__") == private and name != "__builtins__":
                names[name] = None


def end(code):
    """Ends this process as an interpreter ends after its program."""
    threading = modules.get("threading")
    if threading is not None:
        try:
            threading._shutdown()
        except BaseException as error:
            sys.unraisablehook(Unraisable(error, threading))
    atexit._run_exitfuncs()
    good = flush()
    try:
        unload_modules()
    except BaseException:
        # Whatever a program did to the interpreter, how it ended is decided already.
        pass
    good = flush() and good
    leave(code if good else 120)


def serve():
    """Waits for one program, runs it and ends this process."""
    # Brings the memory that every program needs into this process before anybody waits for it.
    exec(compile(FIRST_STEPS, MAIN, "exec", dont_inherit=True), {})
    os.write(CONTROL, b"H")
    code = 0
    try:
        run_program()
    except SystemExit as error:
        code = exit_code(error.code)
    end(code)


def prepare(before, put_away):
    """Called once, in the template: tells what was loaded before any program, and what is put away."""
    global started_with, loaded_with, modules_before, deferred
    started_with, deferred = before, put_away
    # A program that looks for a module of this name finds its own.
    del sys.modules[__name__]
    loaded_with = (frozenset(sys.modules) | deferred.keys()) - {"__main__"}
    modules_before = len(sys.modules)
    # What compiling and running needs is in memory after the first time.
    exec(compile(WARM_UP, MAIN, "exec", dont_inherit=True), {})


started_with = frozenset()
deferred = {}
loaded_with = frozenset()
modules_before = 0
FIRST_STEPS = "for step in range(1):\n    print('', end='')\n"
WARM_UP = """
def greet(name, times=1):
    for number in range(times):
        text = f"{number}: hello, {name}"
        yield text.upper()


class Counter:
    def __init__(self):
        self.counts = {}

    def add(self, word):
        self.counts[word] = self.counts.get(word, 0) + 1


counter = Counter()
for line in greet("Mira", 3):
    for word in line.split():
        counter.add(word)
try:
    total = sum(counter.counts.values()) / len(sorted(counter.counts, key=str.lower))
    print("", end="")
except (ValueError, ZeroDivisionError) as error:
    raise SystemExit(1)
"""
# What a program can replace and its end needs.
modules = sys.modules
leave = os._exit
MODULE = type(sys)
FUNCTION = type(prepare)
CODE = type(prepare.__code__)
SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
CONTAINERS = frozenset({list, tuple, dict, set, frozenset})
NO_VALUES = (None, None, None)
MODULE_NAMES = frozenset(vars(make_module("nothing")))
del sys.modules["nothing"]
