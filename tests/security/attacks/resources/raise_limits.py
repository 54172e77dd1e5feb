# attack: raises its own resource limits, and finds one that is missing
# family: resources
# expect: blocked
# stops-it: rlimits with hard limits, no capabilities
import resource

import kit

MOST = {"NOFILE": 256, "FSIZE": 50 << 20, "CORE": 0, "MEMLOCK": 0, "NPROC": 4096, "RTPRIO": 0, "NICE": 20, "MSGQUEUE": 819200,
        "SIGPENDING": 8192}
NICE = 13
for name, most in MOST.items():
    number = NICE if name == "NICE" else getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(number)
    if hard == resource.RLIM_INFINITY or hard > most:
        kit.escaped(f"RLIMIT_{name} is {hard}, more than {most}")

    def raised():
        try:
            resource.setrlimit(number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except ValueError as refusal:  # Python's word for EPERM here
            raise OSError(1, str(refusal)) from refusal
        return resource.getrlimit(number)
    kit.attempt(f"raise {name}", raised)
kit.finish()
