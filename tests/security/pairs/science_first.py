"""Leaves a mark in everything that the libraries remember, and ends."""
import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image

MARK = "mark-of-the-first-run"
left = 0


def leave(function, *arguments, **named):
    global left
    function(*arguments, **named)
    left += 1


leave(np.random.seed, 7)
leave(np.seterr, all="raise")
leave(np.set_printoptions, precision=1, threshold=3)
leave(setattr, np, "LEFT_BY_FIRST", MARK)
leave(setattr, np.linalg, "LEFT_BY_FIRST", MARK)
leave(setattr, pd, "LEFT_BY_FIRST", MARK)
leave(setattr, pd.DataFrame, "left_by_first", MARK)
leave(pd.set_option, "display.max_rows", 3)
leave(matplotlib.rcParams.update, {"lines.linewidth": 9.0, "figure.figsize": (1.0, 1.0)})
leave(plt.style.use, "dark_background")
leave(plt.style.library.__setitem__, MARK, matplotlib.rcParams)
leave(matplotlib.colormaps.register, matplotlib.colors.ListedColormap(["red"], name=MARK))
leave(plt.figure, MARK)
leave(plt.plot, [1, 2])
leave(plt.savefig, "left.png")
leave(Image.register_extension, MARK, "." + MARK)
leave(warnings.simplefilter, "ignore")
block = np.frombuffer((MARK + "|").encode() * 100_000, dtype=np.uint8).copy()
leave(block.sort)
text = (MARK + "|") * 1000
print(left)
