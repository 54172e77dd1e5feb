# attack: reads and changes links, routes and sockets through netlink
# family: network
# expect: blocked
# stops-it: seccomp (socket families), empty network namespace
import socket

import kit

for protocol, name in enumerate(("route", "unused", "usersock", "firewall", "sock_diag", "nflog", "xfrm", "selinux", "iscsi",
                                 "audit", "fib_lookup", "connector", "netfilter", "ip6_fw", "dnrtmsg", "kobject_uevent",
                                 "generic", "", "scsitransport", "ecryptfs", "rdma", "crypto", "smc")):
    for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
        kit.attempt(f"netlink {name or protocol}", lambda: socket.socket(socket.AF_NETLINK, kind, protocol))
kit.attempt("list of interfaces", lambda: [name for _, name in socket.if_nameindex() if name != "lo"])
kit.finish()
