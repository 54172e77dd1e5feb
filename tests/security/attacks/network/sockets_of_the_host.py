# attack: connects to the daemon's own socket and to those of services on the host, by path
# family: network
# expect: blocked
# stops-it: pivot_root, mount namespace, 0600 socket with peer check
import errno
import socket

import kit

facts = kit.facts()
for path in (facts["socket"], "/run/sandboxd/sandboxd.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock",
             "/run/systemd/private", "/run/systemd/notify", "/run/dbus/system_bus_socket", "/dev/log", "/run/nscd/socket",
             "/run/udev/control"):
    for prefix in ("", "/proc/1/root", "/proc/self/root", "../../../../../.."):
        def connect():
            with socket.socket(socket.AF_UNIX) as end:
                end.settimeout(0.5)
                if len(prefix + path) > 107:
                    raise OSError(errno.ENOENT, "longer than a socket address")
                end.connect(prefix + path)
                return "connected"
        kit.attempt(prefix + path, connect, also=[errno.ECONNREFUSED, errno.ENOTDIR])
kit.finish()
