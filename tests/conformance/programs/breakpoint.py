# about: breakpoint() talks to standard input
# outcome: OUTCOME_OK
# stdin: p secret + 1
# stdin: c
# stdout-contains: 43
# stdout-contains: done
secret = 42
breakpoint()
print("done")
