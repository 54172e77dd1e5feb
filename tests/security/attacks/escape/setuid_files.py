# attack: looks for setuid programs and file capabilities, and makes some
# family: escape
# expect: blocked
# stops-it: root filesystem without setuid files, nosuid, no_new_privs, one-user id map
import errno
import os
import stat

import kit

count = 0
for folder, _, names in os.walk("/"):
    if folder == "/proc" or folder.startswith("/proc/"):
        continue
    for name in names:
        path = os.path.join(folder, name)
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue
        count += 1
        if stat.S_ISREG(mode) and mode & 0o6000:
            kit.escaped(f"{path} has the mode {mode:o}")
        if stat.S_ISREG(mode) and mode & 0o111:
            try:
                os.getxattr(path, "security.capability")
            except OSError:
                continue
            kit.escaped(f"{path} has file capabilities")
kit.blocked(f"{count} files without setuid")
for spot in ("/", "/tmp", os.getcwd()):
    if not os.statvfs(spot).f_flag & os.ST_NOSUID:
        kit.escaped(f"{spot} is mounted without nosuid")
open("/tmp/mine", "w").close()
kit.attempt("chown to root", lambda: os.chown("/tmp/mine", 0, 0) is None, also=[errno.EINVAL])
kit.attempt("set file capabilities", lambda: os.setxattr(
    "/tmp/mine", "security.capability", bytes.fromhex("0100000200002000000000000000000000000000")) is None,
    also=[errno.EOPNOTSUPP, errno.EINVAL])
kit.finish()
