"""Runs inside the tree while it is built: prints the file name of matplotlib's list of fonts, a line feed, and
the list, which has only the fonts that matplotlib brings.

Takes one argument: the folder of the wheels.
"""

import json
import os
import shutil
import sys
import tempfile

sys.path.append(sys.argv[1])
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MPLCONFIGDIR"] = folder = tempfile.mkdtemp(dir="/tmp")

from matplotlib import font_manager

fonts = font_manager.fontManager
# It lists them as the folder gives them, which is another order on each file system.
fonts.ttflist.sort(key=lambda font: font.fname)
fonts.afmlist.sort(key=lambda font: font.fname)
shutil.rmtree(folder)
print(f"fontlist-v{font_manager.FontManager.__version__}.json")
print(json.dumps(fonts, cls=font_manager._JSONEncoder, indent=1, sort_keys=True))
