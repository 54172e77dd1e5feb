# attack: makes a namespace of each kind with unshare
# family: escape
# expect: blocked
# stops-it: seccomp, no nested user namespaces
import kit


def separate(flags):
    # In a child, so that one success does not change the next attempt.
    def way():
        kind, code = kit.in_child(lambda: kit.syscall("unshare", flags) and 0)
        if kind == "exit" and code == 0:
            return "unshared"
        if kind == "signal":
            return False
        raise OSError(code, "refused")
    return way


for name, flag in kit.CLONE_NEW.items():
    kit.attempt(f"unshare {name}", separate(flag))
    kit.attempt(f"unshare user+{name}", separate(flag | kit.CLONE_NEW["user"]))
everything = 0
for flag in kit.CLONE_NEW.values():
    everything |= flag
kit.attempt("unshare everything", separate(everything))
kit.finish()
