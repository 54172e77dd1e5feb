"""matplotlib's way to show figures where there is no screen: plt.show() writes them into the working directory, as
figure-1.png, figure-2.png and so on, and goes on as if all windows had been closed.

PNG and not SVG, because its size is bounded by its pixels and not by the number of points, and because it looks the
same everywhere, whatever fonts there are. Everything else is matplotlib's own Agg backend, savefig included.
"""

import os

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

FOLDER = "/work"
# Sharp on today's screens; fewer where a figure is so large that its file would be.
DOTS_PER_INCH = 144
MOST_PIXELS = 4000


class FigureManager(FigureManagerBase):
    def show(self):
        write(self)

    @classmethod
    def pyplot_show(cls, *, block=None):
        show(block=block)


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager


def show(*, block=None):
    """Writes all open figures. They are closed, unless the program wants to go on with them."""
    for manager in Gcf.get_all_fig_managers():
        write(manager)
    if block is not False:
        Gcf.destroy_all()


def write(manager):
    """Writes one figure, a further time into the same file."""
    figure = manager.canvas.figure
    path = getattr(manager, "coderunner_path", None) or free_path()
    manager.coderunner_path = path
    inches = max(*figure.get_size_inches(), 0.01)
    figure.savefig(path, format="png", dpi=min(DOTS_PER_INCH, MOST_PIXELS / inches))


def free_path():
    folder = FOLDER if os.path.isdir(FOLDER) else "."
    number = 1
    while os.path.exists(os.path.join(folder, f"figure-{number}.png")):
        number += 1
    return os.path.join(folder, f"figure-{number}.png")
