# attack: deletes, moves and unmounts its working directory, and mounts something over it
# family: collection
# expect: outcome OUTCOME_OK
# collects: nothing
# stops-it: the working directory is a mount that no program can move, seccomp
import os
import shutil

import kit

home = os.getcwd()
for name in os.listdir():
    path = os.path.join(home, name)
    shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def refused(what, function):
    try:
        function()
    except OSError as refusal:
        print("refused", what, refusal.strerror)
    else:
        print("ESCAPED", what)


refused("removing it", lambda: os.rmdir(home))
refused("moving it", lambda: os.rename(home, "/tmp/elsewhere"))
refused("unmounting it", lambda: kit.syscall("umount2", home, 2))
refused("mounting the root over it", lambda: kit.syscall("mount", "/", home, None, 4096, None))
refused("mounting a tmpfs over it", lambda: kit.syscall("mount", "x", home, "tmpfs", 0, None))
