# about: close to a megabyte of output arrives complete
# outcome: OUTCOME_OK
# stdout-bytes: 1000000
for number in range(100_000):
    print(f"{number:09}")
