# attack: replaces itself by a new interpreter, to shed its limits and its watcher
# family: lifecycle
# expect: outcome OUTCOME_TIME_LIMIT
# limits: wall_ms=2000
# ends-within: 4s
# stops-it: limits belong to the cgroup and the namespace; filter and no_new_privs outlive execve
import os
import sys

CODE = """
status = open("/proc/self/status").read()
if "Seccomp:\\t2" not in status or "NoNewPrivs:\\t1" not in status:
    print("ESCAPED the filter is gone after execve", flush=True)
while True:
    pass
"""
os.execv(sys.executable, [sys.executable, "-c", CODE])
