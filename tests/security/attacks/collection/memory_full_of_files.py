# attack: fills its memory with files until the kernel kills it, so that nothing is left for whoever collects them
# family: collection
# expect: outcome OUTCOME_MEMORY_LIMIT
# limits: memory_bytes=33554432
# collects: own.txt
# left-out: TOO_LARGE=1
# stops-it: the collector has memory of its own
with open("own.txt", "w") as file:
    file.write("own")
with open("zlarge", "wb", buffering=0) as file:
    while True:
        file.write(bytes(1 << 20))
