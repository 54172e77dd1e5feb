# attack: listens on abstract and named sockets and on loopback for another run
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED
# stops-it: network and mount namespaces of its own
import socket
import time

import kit

mark = kit.facts()["mark"]
kept = []
for address in ("\0" + mark, f"/tmp/{mark}.sock"):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    kept.append(listener)
try:
    listener = socket.socket(socket.AF_INET)
    listener.bind(("127.0.0.1", 40404))
    listener.listen()
    kept.append(listener)
except OSError:
    pass
print("READY", flush=True)
time.sleep(60)
