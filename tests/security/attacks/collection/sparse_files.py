# attack: leaves files that say they are enormous and hold nothing
# family: collection
# expect: outcome OUTCOME_OK
# collects: own.txt
# left-out: TOO_LARGE=41
# ends-within: 6s
# stops-it: RLIMIT_FSIZE, limit on the size of a file
import os
import resource
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
for size in (10 << 30, most + 1):
    try:
        with open("huge", "wb") as file:
            file.truncate(size)
        print("ESCAPED a file over the limit")
    except OSError as refusal:
        print("refused", refusal.strerror)
for number in range(40):
    with open(f"sparse{number}", "wb") as file:
        file.truncate(most)
with open("huge", "wb") as file:
    file.truncate(most)
with open("own.txt", "w") as file:
    file.write("own")
