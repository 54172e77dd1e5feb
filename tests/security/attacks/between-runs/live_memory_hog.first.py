# attack: uses all of its memory again and again while somebody else runs an honest program
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED|OUTCOME_TIME_LIMIT|OUTCOME_MEMORY_LIMIT
# stops-it: memory limit of the cgroup
import mmap

print("READY", flush=True)
while True:
    blocks = [mmap.mmap(-1, 8 << 20) for _ in range(11)]
    for block in blocks:
        block.write(b"x" * (8 << 20))
        block.close()
