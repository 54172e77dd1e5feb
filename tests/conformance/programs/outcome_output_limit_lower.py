# about: a lower output limit than the default is kept
# outcome: OUTCOME_OUTPUT_LIMIT
# limits: output_bytes=1000
# ends-within: 4s
print("x" * 2000)
import time

time.sleep(30)
