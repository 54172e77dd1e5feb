# attack: asks each of its namespaces for its parent, its owner and its user by ioctl, and enters what it is given
# family: escape
# expect: blocked
# stops-it: seccomp (requests of ioctl), no capabilities
import os

import kit

NS_GET_USERNS, NS_GET_PARENT, NS_GET_NSTYPE, NS_GET_OWNER_UID = 0xB701, 0xB702, 0xB703, 0xB704
NS_GET_MNTNS_ID, NS_MNT_GET_NEXT, NS_MNT_GET_PREV = 0x8008B705, 0x8010B70B, 0x8010B70C
for kind in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup"):
    handle = os.open(f"/proc/self/ns/{kind}", os.O_RDONLY)
    for name, request in (("user", NS_GET_USERNS), ("parent", NS_GET_PARENT)):
        def enter(handle=handle, request=request):
            return kit.syscall("setns", kit.syscall("ioctl", handle, request, 0), 0) == 0
        kit.attempt(f"{name} of {kind}", enter)
    for name, request in (("next", NS_MNT_GET_NEXT), ("previous", NS_MNT_GET_PREV)):
        kit.attempt(f"{name} mounts by {kind}", lambda: kit.syscall("ioctl", handle, request, 0) >= 0)
    kit.attempt(f"number of mounts by {kind}", lambda: kit.syscall("ioctl", handle, NS_GET_MNTNS_ID, bytes(8)) == 0)
    os.close(handle)
kit.finish()
