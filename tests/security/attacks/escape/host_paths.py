# attack: learns paths of the host from the mount table and other files of /proc/self
# family: escape
# expect: blocked
# stops-it: a root filesystem that names no path of the host, subset=pid
import kit

facts = kit.facts()
needles = [facts["canary_folder"], facts["socket"], facts["host_name"], "/rootfs", "/home/", "/root/", "/var/lib/"]
for name in ("mountinfo", "mounts", "mountstats", "maps", "cmdline", "environ", "cgroup", "limits", "status"):
    try:
        text = open(f"/proc/self/{name}", errors="replace").read()
    except OSError as refusal:
        kit.blocked(f"{name}={refusal.strerror}")
        continue
    for needle in needles:
        for line in text.splitlines():
            if needle in line:
                kit.escaped(f"{name} shows {line.strip()[:200]}")
                break
    kit.blocked(f"{name} shows nothing")
kit.finish()
