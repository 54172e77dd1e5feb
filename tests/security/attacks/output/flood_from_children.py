# attack: floods from many children at once and ends well itself
# family: output
# expect: outcome OUTCOME_OUTPUT_LIMIT
# ends-within: 5s
# stops-it: output cap on the stream, whoever writes
import os

children = []
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        for _ in range(2000):
            os.write(1, b"x" * 4096)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
