# Whether this process has any right, and could ever get one.
import os


def tell(name, good, found):
    print("ok" if good else "HOLE", name, found)


status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    tell(name, int(status[name], 16) == 0, status[name])
tell("NoNewPrivs", status["NoNewPrivs"].strip() == "1", status["NoNewPrivs"])
tell("Seccomp", status["Seccomp"].strip() == "2", status["Seccomp"])
tell("Groups", status["Groups"].split() in ([], [str(os.getgid())]), status["Groups"])
tell("users", 0 not in os.getresuid() and len(set(os.getresuid())) == 1, os.getresuid())
tell("groups", 0 not in os.getresgid() and len(set(os.getresgid())) == 1, os.getresgid())
for name, function in (("setuid", os.setuid), ("setgid", os.setgid)):
    try:
        function(0)
        tell(name, False, "became root")
    except OSError as error:
        tell(name, True, error.strerror)
tell("environment", not set(os.environ) & {"SUDO_USER", "SSH_CLIENT", "NOTIFY_SOCKET"}, sorted(os.environ))
descriptors = sorted(int(name) for name in os.listdir("/proc/self/fd"))
# The last one is the listing's own.
tell("descriptors", descriptors[:3] == [0, 1, 2] and len(descriptors) <= 4, descriptors)
