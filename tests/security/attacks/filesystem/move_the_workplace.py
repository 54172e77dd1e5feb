# attack: renames, removes and replaces its working directory and /tmp, and ends there
# family: filesystem
# expect: outcome OUTCOME_OK
# stops-it: mount points can't be renamed, clean-up by unmounting
import os
import shutil

here = os.getcwd()
for path in (here, "/tmp"):
    for act in (lambda: os.rename(path, path + ".old"), lambda: os.rmdir(path), lambda: shutil.rmtree(path),
                lambda: os.symlink("/etc", path), lambda: os.mkdir(path, 0), lambda: os.chmod(path, 0)):
        try:
            act()
        except OSError as refusal:
            print("refused:", refusal.strerror)
print("done")
