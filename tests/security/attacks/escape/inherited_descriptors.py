# attack: looks for a descriptor that leads out: a folder, a file of the host, a socket of the daemon, more fds in a socket
# family: escape
# expect: blocked
# stops-it: close_range, working directory inside the root
import array
import os
import socket
import stat

import kit

found = []
for fd in range(65536):
    try:
        status = os.fstat(fd)
    except OSError:
        if fd > 4096:
            break
        continue
    mode = status.st_mode
    found.append(fd)
    if stat.S_ISDIR(mode):
        kit.escaped(f"fd {fd} is a folder: {os.listdir(fd)[:5]}")
    elif stat.S_ISREG(mode):
        kit.escaped(f"fd {fd} is a file of {status.st_size} bytes")
    elif stat.S_ISBLK(mode):
        kit.escaped(f"fd {fd} is a block device")
    elif stat.S_ISCHR(mode) and status.st_rdev != os.makedev(1, 3):
        kit.escaped(f"fd {fd} is the device {os.major(status.st_rdev)}:{os.minor(status.st_rdev)}")
    elif stat.S_ISSOCK(mode):
        with socket.socket(fileno=os.dup(fd)) as end:
            if end.family != socket.AF_UNIX:
                kit.escaped(f"fd {fd} is a socket of family {end.family}")
            end.setblocking(False)
            try:
                _, control, _, _ = end.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
            except OSError:
                control = []
            for _, _, data in control:
                fds = array.array("i", data[: len(data) - len(data) % 4])
                kit.escaped(f"fd {fd} handed out descriptors {list(fds)}")
    elif not stat.S_ISFIFO(mode) and not stat.S_ISCHR(mode):
        kit.escaped(f"fd {fd} has the mode {mode:o}")
if len(found) > 4:
    kit.escaped(f"{len(found)} descriptors are open: {found}")
for fd in found:
    target = os.readlink(f"/proc/self/fd/{fd}")
    if target.startswith("/") and target != "/dev/null":
        kit.escaped(f"fd {fd} names {target}")
if os.getcwd().startswith("(unreachable)"):
    kit.escaped("the working directory is outside of the root")
kit.blocked(f"open: {found}")
kit.finish()
