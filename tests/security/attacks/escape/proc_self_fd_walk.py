# attack: reopens its own descriptors through /proc/self/fd with more rights, and walks up from them
# family: escape
# expect: blocked
# stops-it: close_range, hidepid, pipes and null devices only
import errno
import os

import kit

for fd in range(16):
    for tail in ("/..", "/../..", "/../../../etc/shadow", "/root", "/proc/1/environ"):
        path = f"/proc/self/fd/{fd}{tail}"
        kit.attempt(path, lambda: os.open(path, os.O_RDONLY), also=[errno.ENOTDIR])
here = os.stat("/")
for link in ("cwd", "root"):
    def climbed():
        above = os.stat(f"/proc/self/{link}" + "/.." * 40)
        return (above.st_dev, above.st_ino) != (here.st_dev, here.st_ino)
    kit.attempt(f"/proc/self/{link}", climbed)
for name in os.listdir("/proc/self/task"):
    kit.attempt(f"task {name}", lambda: os.path.realpath(f"/proc/self/task/{name}/root") != "/")
for pid in (entry for entry in os.listdir("/proc") if entry.isdigit()):
    if int(pid) == os.getpid():
        continue
    for link in ("root", "cwd", "exe", "fd"):
        kit.attempt(f"/proc/{pid}/{link}", lambda: os.listdir(f"/proc/{pid}/{link}"), also=[errno.ENOTDIR])
kit.finish()
