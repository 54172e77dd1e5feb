# attack: points core_pattern, modprobe, hotplug and binfmt helpers at a program of its own, then triggers them
# family: escape
# expect: blocked
# stops-it: subset=pid (no /proc/sys), read-only /proc, no sysfs, no capabilities
import os
import signal

import kit

with open("/tmp/helper", "w") as helper:
    helper.write("#!/usr/bin/python3\nopen('/tmp/owned', 'w').write('yes')\n")
os.chmod("/tmp/helper", 0o777)
for path, text in (
    ("/proc/sys/kernel/core_pattern", "|/tmp/helper"),
    ("/proc/sys/kernel/modprobe", "/tmp/helper"),
    ("/proc/sys/kernel/hotplug", "/tmp/helper"),
    ("/proc/sys/kernel/poweroff_cmd", "/tmp/helper"),
    ("/proc/sys/kernel/usermodehelper/bset", "0 0"),
    ("/proc/sys/fs/binfmt_misc/register", ":x:M::x::/tmp/helper:"),
    ("/proc/sys/fs/suid_dumpable", "2"),
    ("/proc/sys/kernel/unprivileged_bpf_disabled", "0"),
    ("/proc/sys/vm/overcommit_memory", "1"),
    ("/proc/sys/net/ipv4/ip_forward", "1"),
    ("/proc/sysrq-trigger", "h"),
    ("/proc/self/oom_score_adj", "-1000"),
    ("/sys/kernel/uevent_helper", "/tmp/helper"),
    ("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "1"),
    ("/sys/power/state", "mem"),
):
    def written():
        with open(path, "w") as target:
            return target.write(text)
    kit.attempt(path, written)

pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGSEGV)
os.waitpid(pid, 0)
kit.attempt("a crash starts the helper", lambda: open("/tmp/owned").read())
kit.finish()
