"""Looks for marks of the run before in what the libraries remember, and says which it found; then prints a
random number."""
import sys

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image

MARK = "mark-of-the" + "-first-run"
found = []


def look(what, seen):
    if seen:
        found.append(what)


number = np.random.rand()
look("generator", number in np.random.RandomState(7).random_sample(100))
look("error handling", np.geterr() != {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"})
look("print options", np.get_printoptions()["precision"] != 8 or np.get_printoptions()["threshold"] != 1000)
look("options of pandas", pd.get_option("display.max_rows") != 60)
defaults = matplotlib.rcParamsDefault
kept = [name for name in ("lines.linewidth", "figure.figsize", "axes.facecolor") if matplotlib.rcParams[name] != defaults[name]]
look("parameters", kept)
look("figures", plt.get_fignums() or plt.get_figlabels())
look("colour maps", MARK in matplotlib.colormaps)
look("styles", MARK in plt.style.library)
look("kinds of pictures", "." + MARK in Image.EXTENSION)
look("classes", hasattr(pd.DataFrame, "left_by_first"))
look("modules", any(hasattr(module, "LEFT_BY_FIRST") for module in list(sys.modules.values())))
look("backend", matplotlib.get_backend() != "module://coderunner_figures")

for line in open("/proc/self/maps"):
    span, rights, *_ = line.split()
    if not rights.startswith("rw") or "[v" in line:
        continue
    first, last = (int(part, 16) for part in span.split("-"))
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(first)
        try:
            content = memory.read(last - first)
        except OSError:
            continue
    # A thousand of them in a row are the other's; the search itself has a few.
    if content.count(b"mark-of-the-first-run|") > 40:
        found.append("memory")
        break
print("FOUND", ", ".join(found) if found else "nothing")
print(number)
