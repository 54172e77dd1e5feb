# about: a seed gives the numbers that it gives anywhere
# outcome: OUTCOME_OK
# profile: science
# stdout: [0.3745, 0.9507, 0.732]
# stdout: [51, 92, 14]
# stdout: [0.774, 0.4389]
# stdout: [2, 3]
import numpy as np
import pandas as pd

np.random.seed(42)
print(np.random.rand(3).round(4).tolist())
np.random.seed(42)
print(np.random.randint(0, 100, 3).tolist())
print(np.random.default_rng(42).random(2).round(4).tolist())
print(pd.Series(range(4)).sample(2, random_state=0).tolist())
