# attack: runs shells, compilers and tools of the system
# family: processes
# expect: blocked
# stops-it: root filesystem with the Python interpreter only
import os
import stat

import kit

for folder in ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"):
    for name in ("sh", "bash", "dash", "busybox", "ls", "cat", "mount", "su", "sudo", "newuidmap", "gcc", "cc", "as", "ld",
                 "perl", "apt", "dpkg", "nc", "curl", "wget", "ssh", "gdb", "strace", "nsenter", "unshare", "chroot"):
        kit.attempt(f"{folder}/{name}", lambda: os.stat(f"{folder}/{name}").st_size + 1)
for folder, _, names in os.walk("/"):
    if folder == "/proc" or folder.startswith("/proc/"):
        continue
    for name in names:
        path = os.path.join(folder, name)
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o111:
            if not name.startswith(("python3", "ld-linux", "lib")):
                kit.escaped(f"{path} can be executed")
kit.attempt("os.system", lambda: os.system("true") == 0)
kit.finish()
