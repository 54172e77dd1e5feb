# attack: creates, changes, renames and removes files in every folder of the root filesystem
# family: filesystem
# expect: blocked
# stops-it: read-only root, user of its own, Landlock
import errno
import os
import sys

import kit

ALLOWED = ("/tmp", "/dev/shm", os.getcwd())
folders, files = [], []
for folder, names, plain in os.walk("/"):
    if folder in ALLOWED or folder == "/proc":
        names.clear()
        continue
    folders.append(folder)
    files.extend(os.path.join(folder, name) for name in plain[:2])
for folder in folders:
    kit.attempt(f"create in {folder}", lambda: os.open(f"{folder}/mine", os.O_CREAT | os.O_WRONLY))
    kit.attempt(f"mkdir in {folder}", lambda: os.mkdir(f"{folder}/mine.d") is None)
    kit.attempt(f"symlink in {folder}", lambda: os.symlink("/tmp", f"{folder}/mine.l") is None)
    kit.attempt(f"chmod {folder}", lambda: os.chmod(folder, 0o777) is None)
    kit.attempt(f"rename {folder}", lambda: os.rename(folder, folder.rstrip("/") + ".old") is None,
                also=[errno.EBUSY, errno.EXDEV])
for path in files + [os.__file__, sys.executable, "/etc/passwd"]:
    kit.attempt(f"unlink {path}", lambda: os.unlink(path) is None, also=[errno.EBUSY])
    if os.path.islink(path):
        continue  # /dev/stdout and the like are this program's own pipes
    kit.attempt(f"write {path}", lambda: os.open(path, os.O_WRONLY), also=[errno.ETXTBSY])
    kit.attempt(f"truncate {path}", lambda: os.truncate(path, 0) is None, also=[errno.ETXTBSY, errno.EINVAL])
    kit.attempt(f"utime {path}", lambda: os.utime(path, (0, 0)) is None)
if not os.statvfs("/").f_flag & os.ST_RDONLY:
    kit.escaped("the root is mounted writable")
kit.finish()
