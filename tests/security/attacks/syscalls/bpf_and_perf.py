# attack: loads BPF maps and programs, opens performance counters and userfaultfd
# family: syscalls
# expect: blocked
# stops-it: seccomp, no capabilities
import ctypes
import os

import kit

attributes = ctypes.create_string_buffer(128)
attributes[0:16] = b"".join(value.to_bytes(4, "little") for value in (2, 4, 8, 1))  # an array map
kit.attempt("bpf map", lambda: kit.syscall("bpf", 0, attributes, 128))
program = ctypes.create_string_buffer(128)
program[0:4] = (1).to_bytes(4, "little")  # a socket filter
kit.attempt("bpf program", lambda: kit.syscall("bpf", 5, program, 128))
for kind, config in ((0, 0), (0, 1), (1, 0), (1, 9), (2, 0), (4, 0)):
    event = ctypes.create_string_buffer(128)
    event[0:16] = kind.to_bytes(4, "little") + (128).to_bytes(4, "little") + config.to_bytes(8, "little")
    event[40:48] = (1 << 5 | 1 << 6).to_bytes(8, "little")  # without kernel and hypervisor
    kit.attempt(f"perf {kind}/{config}", lambda: kit.syscall("perf_event_open", event, 0, -1, -1, 0))
for flags in (0, 1, os.O_CLOEXEC | 1):
    kit.attempt(f"userfaultfd {flags}", lambda: kit.syscall("userfaultfd", flags))
kit.attempt("/dev/userfaultfd", lambda: os.open("/dev/userfaultfd", os.O_RDWR))
kit.finish()
