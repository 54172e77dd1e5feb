# attack: leaves symbolic links to files of the host in place of everything in its working directory, in the hope that the host follows them
# family: filesystem
# expect: outcome OUTCOME_OK
# stops-it: the host never follows a path of the job, private tmpfs
import os
import shutil

import kit

target = kit.facts()["canary_file"]
here = os.getcwd()
for spot in (here, "/tmp", "/dev/shm"):
    if not os.access(spot, os.W_OK):
        continue
    for name in os.listdir(spot):
        path = os.path.join(spot, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    names = ("main.py", "kit.py", "result", "result.json", "stdout", "stderr", "output", "output.txt", "usage", "core",
             "__pycache__", ".coderunner", "runner.py")
    for name in names:
        try:
            os.symlink(target, os.path.join(spot, name))
        except OSError as refusal:
            print("refused", refusal.strerror)
            break
print("links are in place")
