# attack: reads well-known secrets of the host and a file that is known to be there, by every path
# family: filesystem
# expect: blocked
# stops-it: pivot_root with the old root detached, mount namespace, hidepid, Landlock
import errno
import os

import kit

facts = kit.facts()
targets = [facts["canary_file"], facts["config_file"], "/etc/shadow", "/etc/gshadow", "/etc/sudoers",
           "/root/.ssh/id_rsa", "/root/.bash_history", "/etc/ssh/ssh_host_ed25519_key", "/etc/machine-id",
           "/var/log/syslog", "/var/lib/dpkg/status", "/proc/kcore", "/proc/1/environ", "/boot/grub/grub.cfg",
           "/run/secrets/kubernetes.io/serviceaccount/token", "/var/run/docker.sock", "/.dockerenv"]
prefixes = ["", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../../../../..", "/proc/self/fd/0/..",
            "/oldroot", "/.old", "/old_root", "/mnt", "/host", "/tmp/..", f"/proc/{facts['daemon_pid']}/root"]
for target in targets:
    for prefix in prefixes:
        kit.attempt(prefix + target, lambda: open(prefix + target, "rb").read(64) or "empty", also=[errno.ENOTDIR])
for folder in ("/root", "/home", "/var", "/boot", "/srv", "/mnt", "/media", "/opt", "/run", "/sys", facts["canary_folder"]):
    kit.attempt(f"list {folder}", lambda: os.listdir(folder))
kit.finish()
