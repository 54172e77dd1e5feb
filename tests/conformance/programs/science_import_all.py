# about: the ways in which learners import
# outcome: OUTCOME_OK
# profile: science
# stdout: ok
from numpy import *
from matplotlib.pyplot import *
import importlib.metadata

import pandas as pd

assert array([1, 2]).sum() == 3 and callable(subplots) and pd.Series([1]).sum() == 1
for name in ("numpy", "pandas", "matplotlib", "pillow"):
    assert importlib.metadata.version(name)[0].isdigit()
print("ok")
