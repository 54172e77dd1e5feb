# attack: leaves as many files and folders as it can make, to keep the host busy
# family: collection
# expect: outcome OUTCOME_OK
# limits: wall_ms=20000 cpu_ms=20000
# collects: own*
# left-out: TOO_MANY
# ends-within: 22s
# stops-it: limits on files in the sandbox, on entries looked at and on files that come back
import os

made = 0
try:
    for number in range(100_000):
        if number % 10 == 0:
            os.mkdir(f"f{number}")
        with open(f"own{number}", "w") as file:
            made += 1
            file.write("own")
except OSError as refusal:
    # Those that could not be filled come back empty, which is not its own.
    print("refused", refusal.strerror)
    os.unlink(f"own{number}") if os.path.exists(f"own{number}") else None
print(made, "files")
