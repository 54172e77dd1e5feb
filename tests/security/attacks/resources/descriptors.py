# attack: opens files, pipes and event descriptors without end
# family: resources
# expect: blocked
# stops-it: RLIMIT_NOFILE
import errno
import os

import kit

kept = []


def hoard():
    while len(kept) < 1100:
        kept.append(os.open("/dev/null", os.O_RDONLY))
    return f"{len(kept)} descriptors"


kit.attempt("open", hoard, only=[errno.EMFILE])
if len(kept) > 256:
    kit.escaped(f"{len(kept)} descriptors before the refusal")
kit.finish()
