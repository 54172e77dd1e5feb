# attack: finds or mounts a cgroup file system and writes release_agent, limits or cgroup.procs (CVE-2022-0492)
# family: escape
# expect: blocked
# stops-it: no cgroupfs in the root, seccomp, no capabilities, cgroup namespace
import os

import kit

SPOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/cgroup", "/dev/cgroup"]
for line in open("/proc/self/mountinfo"):
    fields = line.split()
    kind = fields[fields.index("-") + 1]
    if kind.startswith("cgroup") or kind == "sysfs":
        kit.escaped(f"{kind} is mounted at {fields[4]}")
        SPOTS.append(fields[4])
for spot in SPOTS:
    kit.attempt(f"list {spot}", lambda: os.listdir(spot))
    for name in ("release_agent", "notify_on_release", "cgroup.procs", "memory.limit_in_bytes", "memory.max", "pids.max"):
        kit.attempt(f"write {spot}/{name}", lambda: kit.write(f"{spot}/{name}", b"1"))
os.makedirs("/tmp/cgroup", exist_ok=True)
for kind, options in (("cgroup", "memory"), ("cgroup", "rdma"), ("cgroup", "pids"), ("cgroup", "none,name=x"), ("cgroup2", "")):
    kit.attempt(f"mount {kind} {options}", lambda: kit.syscall("mount", "x", "/tmp/cgroup", kind, 0, options) == 0)
for line in open("/proc/self/cgroup"):
    path = line.strip().split(":", 2)[2]
    if path != "/":
        kit.escaped(f"sees its place in the cgroups of the host: {line.strip()}")
kit.finish()
