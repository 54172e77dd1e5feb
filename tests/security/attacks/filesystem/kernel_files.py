# attack: reads what /proc and /sys tell about the kernel, the machine and its memory
# family: filesystem
# expect: blocked
# stops-it: subset=pid, no sysfs in the root
import kit

NAMES = ("kcore", "kmsg", "kallsyms", "modules", "iomem", "ioports", "interrupts", "timer_list", "sched_debug", "keys",
         "key-users", "cmdline", "config.gz", "version", "meminfo", "cpuinfo", "stat", "loadavg", "uptime", "vmstat",
         "zoneinfo", "slabinfo", "pagetypeinfo", "kpagecount", "kpageflags", "kpagecgroup", "swaps", "partitions",
         "diskstats", "filesystems", "locks", "consoles", "crypto", "devices", "mtrr", "softirqs", "vmallocinfo",
         "sys/kernel/randomize_va_space", "sys/kernel/hostname", "sys/kernel/random/boot_id", "sysvipc/shm",
         "bus/pci/devices", "acpi/wakeup", "scsi/scsi", "fs/ext4", "pressure/memory", "net/dev", "net/tcp", "net/unix")
for name in NAMES:
    if name.startswith("net/"):
        continue  # a link to self/net: the network family looks at it
    kit.attempt(f"/proc/{name}", lambda: open(f"/proc/{name}", "rb").read(64) or "readable")
for path in ("/sys/kernel/notes", "/sys/kernel/vmcoreinfo", "/sys/class/net/eth0/address", "/sys/class/dmi/id/product_uuid",
             "/sys/firmware/acpi/tables/DSDT", "/sys/kernel/debug/gpio", "/sys/kernel/security/lsm", "/sys/fs/bpf"):
    kit.attempt(path, lambda: open(path, "rb").read(64) or "readable")
kit.attempt("syslog", lambda: kit.syscall("syslog", 3, b"x" * 64, 64))
kit.attempt("/proc/self/pagemap shows frames", lambda: any(
    int.from_bytes(open("/proc/self/pagemap", "rb").read(8), "little") & ((1 << 55) - 1) for _ in range(1)))
kit.finish()
