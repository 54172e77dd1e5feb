# attack: leaves children unreaped, so that dead processes fill the table of the host
# family: processes
# expect: blocked
# stops-it: pids limit of the cgroup (it counts zombies)
import os

import kit

zombies = 0


def born():
    global zombies
    while zombies < 500:
        if os.fork() == 0:
            os._exit(0)
        zombies += 1
    return f"{zombies} zombies"


import errno
kit.attempt("zombies", born, only=[errno.EAGAIN])
if zombies > 64:
    kit.escaped(f"{zombies} zombies before the refusal")
kit.finish()
