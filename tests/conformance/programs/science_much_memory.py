# about: 64 MiB of numbers fit into the default limit beside the libraries, which are not counted
# outcome: OUTCOME_OK
# profile: science
# stdout: 8388608.0
import matplotlib.pyplot
import numpy as np
import pandas

for _ in range(3):
    block = np.ones(8 << 20)
    total = block.sum()
    del block
print(total)
