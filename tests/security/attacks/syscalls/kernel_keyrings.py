# attack: stores and finds keys in the keyrings of user, session and process
# family: syscalls
# expect: blocked
# stops-it: seccomp, user of its own
import kit

for name, ring in (("thread", -1), ("process", -2), ("session", -3), ("user", -4), ("user session", -5)):
    kit.attempt(f"ring {name}", lambda: kit.syscall("keyctl", 0, ring, 1, 0, 0))
    kit.attempt(f"key in {name}", lambda: kit.syscall("add_key", "user", "mine", b"secret", 6, ring))
    kit.attempt(f"ask {name}", lambda: kit.syscall("request_key", "user", "mine", None, ring))
kit.attempt("join a session", lambda: kit.syscall("keyctl", 1, "named", 0, 0, 0))
kit.attempt("persistent ring", lambda: kit.syscall("keyctl", 22, -1, -1, 0, 0))
kit.finish()
