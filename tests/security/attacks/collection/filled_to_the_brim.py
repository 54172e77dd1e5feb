# attack: fills its file system to the last byte and inode
# family: collection
# expect: outcome OUTCOME_OK
# limits: wall_ms=20000 cpu_ms=20000
# collects: own*
# left-out: TOO_MANY TOO_LARGE=1
# stops-it: limits on what is collected; collecting needs no room there
import os

for number in range(20):
    with open(f"own{number}", "w") as file:
        file.write("own")
try:
    with open("large", "wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))
except OSError as refusal:
    print("refused", refusal.strerror)
try:
    for number in range(100_000):
        os.close(os.open(f"zz{number}", os.O_CREAT | os.O_WRONLY))
except OSError as refusal:
    print("refused", refusal.strerror)
