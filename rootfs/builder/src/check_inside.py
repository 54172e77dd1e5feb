"""Runs inside the finished tree: proves that the standard library is whole.

Takes one argument, JSON with the names that may be absent, the submodules that must import
and the time zones that must load. Prints one line of JSON.
"""

import importlib
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
wanted = json.loads(sys.argv[1])
problems = []
imported = 0
optional = set(wanted["absent"])

for name in sorted(sys.stdlib_module_names | set(wanted["imports"])):
    if name in optional:
        continue
    try:
        importlib.import_module(name)
        imported += 1
    except BaseException as error:
        problems.append(f"import {name}: {type(error).__name__}: {error}")


def expect(what, function):
    """Runs one check; a false result or any exception is a problem."""
    try:
        if not function():
            problems.append(f"{what}: wrong result")
    except BaseException as error:
        problems.append(f"{what}: {type(error).__name__}: {error}")


def sqlite_works():
    import sqlite3
    return sqlite3.connect(":memory:").execute("select 6 * 7").fetchone() == (42,)


def zones_load():
    import datetime
    import zoneinfo
    return all(datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo(zone)).utcoffset() is not None for zone in wanted["zones"])


def ctypes_calls_c():
    import ctypes
    return ctypes.CDLL("libc.so.6").abs(-42) == 42


def thread_ends():
    import threading
    seen = []
    thread = threading.Thread(target=seen.append, args=(1,))
    thread.start()
    thread.join()
    return seen == [1]


def hashes_work():
    import hashlib
    return all(hashlib.new(name, b"x").digest_size for name in ("md5", "sha1", "sha256", "sha3_256", "blake2b"))


def compressors_work():
    import bz2
    import lzma
    import zlib
    return all(module.decompress(module.compress(b"data")) == b"data" for module in (bz2, lzma, zlib))


def locale_is_utf8():
    import locale
    return locale.setlocale(locale.LC_ALL, "C.UTF-8") == "C.UTF-8" and "ñ".encode(sys.getfilesystemencoding()) == b"\xc3\xb1"


def decimal_is_fast():
    import decimal
    return decimal.Decimal("0.1") + decimal.Decimal("0.2") == decimal.Decimal("0.3") and hasattr(decimal, "HAVE_THREADS") and "_decimal" in sys.modules


expect("sqlite3 query", sqlite_works)
expect("zoneinfo", zones_load)
expect("ctypes call", ctypes_calls_c)
expect("thread", thread_ends)
expect("hashlib", hashes_work)
expect("compression", compressors_work)
expect("C.UTF-8", locale_is_utf8)
expect("decimal", decimal_is_fast)
expect("ssl context", lambda: importlib.import_module("ssl").create_default_context() is not None)
expect("uuid", lambda: importlib.import_module("uuid").uuid1().version == 1)
expect("no shell", lambda: not any(os.path.exists(path) for path in ("/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash")))

print(json.dumps({"version": ".".join(map(str, sys.version_info[:3])), "imported": imported, "problems": problems}))
