# about: too much memory is told apart from an error of the program
# outcome: OUTCOME_MEMORY_LIMIT
# ends-within: 4s
# stdout: started
print("started")
hoard = []
while True:
    hoard.append(bytearray(b"x" * 1_000_000))
