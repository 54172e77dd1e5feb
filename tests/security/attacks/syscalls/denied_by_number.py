# attack: makes every call that no program of a student needs, by number, and numbers that no kernel has yet
# family: syscalls
# expect: blocked
# stops-it: seccomp
import ctypes
import errno

import kit

DENIED = ("ptrace", "syslog", "uselib", "personality", "sysfs", "vhangup", "modify_ldt", "pivot_root", "adjtimex", "chroot",
          "acct", "settimeofday", "mount", "umount2", "swapon", "swapoff", "sethostname", "setdomainname", "iopl",
          "ioperm", "init_module", "delete_module", "quotactl", "io_setup", "lookup_dcookie", "remap_file_pages",
          "clock_settime", "mbind", "kexec_load", "add_key", "request_key", "keyctl", "ioprio_set", "vmsplice",
          "move_pages", "perf_event_open", "fanotify_init", "name_to_handle_at", "open_by_handle_at", "clock_adjtime",
          "setns", "process_vm_readv", "process_vm_writev", "kcmp", "finit_module", "sched_setattr", "seccomp",
          "kexec_file_load", "bpf", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "open_tree",
          "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "clone3", "pidfd_getfd", "process_madvise",
          "mount_setattr", "quotactl_fd", "memfd_secret", "process_mrelease", "set_mempolicy_home_node", "cachestat",
          "map_shadow_stack", "statmount", "listmount", "shmget", "semget", "msgget", "mq_open", "setuid", "setgroups",
          "capset", "mlockall", "unshare")
# Arguments that would do no harm: the filter has to refuse before the kernel looks at them, so the
# only right answers are the filter's own.
FILTER = (errno.EPERM, errno.ENOSYS)
for name in DENIED:
    kit.attempt(name, lambda: kit.syscall(name, -1, -1, -1, -1, -1) is not None, only=FILTER)
for number in list(range(467, 512)) + list(range(548, 640)) + [1 << 20, 0x7FFFFFF, (1 << 29) | 39, 0x3FFFFFFF]:
    # syscall() hands the whole register to the kernel, which looks at its low 32 bits.
    kit.attempt(f"number {number}", lambda: kit.syscall(number, 0, 0, 0, 0, 0) is not None, only=FILTER)
high = ctypes.c_long(-(1 << 32) + kit.NR["mount"]).value
kit.attempt("mount with junk above 32 bits", lambda: kit.syscall(high, "x", "/tmp", "tmpfs", 0, 0) == 0, only=FILTER)
kit.finish()
