# attack: arms timers and queues signals without end
# family: resources
# expect: outcome OUTCOME_OK|OUTCOME_MEMORY_LIMIT|OUTCOME_TIME_LIMIT
# stops-it: RLIMIT_SIGPENDING, memory limit of the cgroup
import ctypes

import kit

timers = 0
identifier = ctypes.c_int()
event = ctypes.create_string_buffer(64)
event[8:12] = (34).to_bytes(4, "little")
try:
    while timers < 200000:
        kit.syscall("timer_create", 1, event, ctypes.byref(identifier))
        timers += 1
except OSError as refusal:
    print("refused after", timers, ":", refusal.strerror, flush=True)
if timers >= 100000:
    print("ESCAPED", timers, "timers", flush=True)
