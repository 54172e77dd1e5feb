# attack: leaves symbolic links to files and folders of the host, of /proc and of itself, in the hope that what they point to comes back
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt
# left-out: NOT_A_FILE=14
# stops-it: symbolic links are not followed (openat2, nosymfollow), regular files only, own mount namespace
import os

import kit

facts = kit.facts()
TARGETS = ["/etc/passwd", "/", "/etc", "/proc/self/environ", "/proc/self/root/etc/passwd", "/proc/1/root", "/proc/self/fd/0",
           "/dev/zero", "..", "../etc/passwd", "own.txt", ".", facts["canary_file"], facts["canary_folder"]]
for number, target in enumerate(TARGETS):
    os.symlink(target, f"link{number}")
with open("own.txt", "w") as file:
    file.write("own")
