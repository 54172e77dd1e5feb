# attack: hoards memory in socket buffers and in descriptors in flight
# family: resources
# expect: outcome OUTCOME_OK|OUTCOME_MEMORY_LIMIT
# stops-it: memory limit of the cgroup, RLIMIT_NOFILE
import array
import socket

total, pairs = 0, []
try:
    while True:
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 26)
        left.setblocking(False)
        pairs.append((left, right))
        try:
            while True:
                total += left.send(b"x" * 60000)
        except BlockingIOError:
            pass
        if total > 160 << 20:
            print("ESCAPED", total, "bytes in sockets", flush=True)
            break
except OSError as refusal:
    print("refused:", refusal.strerror, flush=True)

in_flight = 0
left, right = pairs[0] if pairs else socket.socketpair()
try:
    while in_flight < 100000:
        fds = array.array("i", [pair[1].fileno() for pair in pairs[:64]])
        inner = socket.socketpair()
        inner[0].sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        in_flight += len(fds)
        pairs.append(inner)
except OSError as refusal:
    print("refused:", refusal.strerror, flush=True)
if in_flight > 65536:
    print("ESCAPED", in_flight, "descriptors in flight", flush=True)
print("sockets hold", total, "and", in_flight, "descriptors", flush=True)
