# attack: writes what /proc lets a process change of itself: its memory score, its id maps, its labels, its limits
# family: processes
# expect: blocked
# stops-it: no capabilities, id maps are written once, read-only /proc files, one oom_score_adj that only rises
import os

import kit

WRITES = (
    ("oom_score_adj", b"-1000"), ("oom_score_adj", b"0"), ("oom_adj", b"-17"), ("uid_map", b"0 0 1"),
    ("gid_map", b"0 0 1"), ("projid_map", b"0 0 1"), ("setgroups", b"allow"), ("attr/current", b"unconfined"),
    ("attr/exec", b"unconfined"), ("attr/fscreate", b"x"), ("attr/keycreate", b"x"), ("attr/sockcreate", b"x"),
    ("loginuid", b"0"), ("sessionid", b"1"), ("limits", b"Max processes=100000:100000:processes"),
    ("cgroup", b"0::/"), ("ns/user", b"x"), ("exe", b"x"), ("environ", b"x"), ("cmdline", b"x"),
    ("auxv", b"x"), ("stack", b"x"), ("syscall", b"x"), ("patch_state", b"1"), ("make-it-fail", b"1"),
    ("fail-nth", b"1"), ("latency", b"0"), ("autogroup", b"-20"),
)
for process in ("self", "thread-self", str(os.getpid())):
    for name, text in WRITES:
        def change(path=f"/proc/{process}/{name}", text=text):
            file = os.open(path, os.O_WRONLY)
            try:
                return os.write(file, text) == len(text)
            finally:
                os.close(file)
        kit.attempt(f"{process}/{name}={text.decode()}", change)
kit.finish()
