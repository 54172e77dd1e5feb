# attack: kills, stops and floods pid 1 and its parent with every signal, by every call
# family: processes
# expect: blocked
# stops-it: pid 1 is of another user, pid namespace
import errno
import os

import kit

parent = os.getppid()
for pid in {1, parent} - {0}:
    for number in range(1, 65):
        kit.attempt(f"kill {pid} {number}", lambda: os.kill(pid, number) is None, also=[errno.EINVAL])
    kit.attempt(f"tgkill {pid}", lambda: kit.syscall("tgkill", pid, pid, 9) == 0)
    kit.attempt(f"tkill {pid}", lambda: kit.syscall("tkill", pid, 9) == 0)
    kit.attempt(f"pidfd {pid}", lambda: kit.syscall(
        "pidfd_send_signal", kit.syscall("pidfd_open", pid, 0), 9, None, 0) == 0)
    kit.attempt(f"sigqueue {pid}", lambda: kit.syscall("rt_sigqueueinfo", pid, 9, b"\0" * 128) == 0)
    kit.attempt(f"renice {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) is None)
    kit.attempt(f"rlimits of {pid}", lambda: kit.syscall("prlimit64", pid, 7, b"\0" * 16, None) == 0)
    kit.attempt(f"affinity of {pid}", lambda: os.sched_setaffinity(pid, {0}) is None)
kit.finish()
