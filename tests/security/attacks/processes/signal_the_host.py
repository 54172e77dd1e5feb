# attack: signals the daemon by its pid on the host
# family: processes
# expect: blocked
# stops-it: pid namespace, user of its own
import os
import signal

import kit

daemon = kit.facts()["daemon_pid"]
for pid in (daemon, daemon - 1, daemon + 1):
    kit.attempt(f"kill {pid}", lambda: os.kill(pid, signal.SIGTERM) is None)
    kit.attempt(f"kill group {pid}", lambda: os.kill(-pid, signal.SIGTERM) is None)
    kit.attempt(f"pidfd {pid}", lambda: kit.syscall("pidfd_open", pid, 0))
    kit.attempt(f"tgkill {pid}", lambda: kit.syscall("tgkill", pid, pid, 15) == 0)
kit.finish()
