# attack: nests folders thousands deep without permissions, so that clean-up runs out of stack, time or path length
# family: filesystem
# expect: outcome OUTCOME_OK|OUTCOME_MEMORY_LIMIT
# ends-within: 6s
# stops-it: clean-up by unmounting, inode cap, memory limit
import os

os.chdir("/tmp")
depth = 0
try:
    while depth < 20000:
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        depth += 1
        if depth % 100 == 0:
            os.chmod(".", 0o300)
except OSError as refusal:
    print("refused:", refusal.strerror)
print("depth", depth)
