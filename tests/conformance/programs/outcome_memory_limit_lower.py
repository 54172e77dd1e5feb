# about: a lower limit than the default is kept
# outcome: OUTCOME_MEMORY_LIMIT
# limits: memory_bytes=50331648
# ends-within: 4s
block = b"x" * (60 << 20)
print("never")
