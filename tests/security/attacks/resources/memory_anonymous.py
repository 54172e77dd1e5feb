# attack: fills anonymous memory
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT
# ends-within: 4s
# stops-it: memory limit of the cgroup, no swap
hoard = []
for count in range(1, 1025):
    hoard.append(b"x" * (1 << 20))
    if count > 160:
        print("ESCAPED", count, "MiB", flush=True)
