# about: an array over the limit ends the run as too much memory does
# outcome: OUTCOME_MEMORY_LIMIT
# profile: science
# ends-within: 4s
# stdout: started
import numpy as np

print("started", flush=True)
np.ones(64 << 20).sum()
