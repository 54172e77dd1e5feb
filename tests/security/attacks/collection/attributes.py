# attack: gives files attributes, locks, owners, times and modes that a careless copy would take along
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt
# stops-it: only bytes come back
import fcntl
import os

with open("own.txt", "w") as file:
    file.write("own")
held = open("own.txt", "r+")
for attempt in (
    lambda: os.setxattr("own.txt", "user.note", b"x"),
    lambda: os.setxattr("own.txt", "security.capability", b"\x01\0\0\x02" + b"\xff" * 16),
    lambda: os.chown("own.txt", 0, 0),
    lambda: os.chmod("own.txt", 0o6755),
    lambda: os.utime("own.txt", (2**40, -1)),
    lambda: fcntl.lockf(held, fcntl.LOCK_EX),
    lambda: fcntl.flock(held, fcntl.LOCK_EX),
):
    try:
        attempt()
    except OSError as refusal:
        print("refused", refusal.strerror)
