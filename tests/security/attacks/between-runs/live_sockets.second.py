# attack: talks to a run that lives at the same time
# family: between-runs
# expect: blocked
# stops-it: network and mount namespaces of its own
import errno
import socket

import kit

mark = kit.facts()["mark"]


def connected(family, address):
    def way():
        with socket.socket(family) as end:
            end.settimeout(0.5)
            end.connect(address)
            return "connected"
    return way


REFUSED = [errno.ECONNREFUSED, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN]
kit.attempt("abstract", connected(socket.AF_UNIX, "\0" + mark), also=REFUSED)
kit.attempt("named", connected(socket.AF_UNIX, f"/tmp/{mark}.sock"), also=REFUSED)
kit.attempt("loopback", connected(socket.AF_INET, ("127.0.0.1", 40404)), also=REFUSED)
kit.finish()
