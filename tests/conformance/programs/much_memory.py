# about: 64 MiB of data fit into the default limit, again and again
# outcome: OUTCOME_OK
# stdout: ok
for _ in range(3):
    block = bytearray(64 << 20)
    for place in range(0, len(block), 4096):
        block[place] = 1
    del block
print("ok")
