"""What interpreters of the profile "science" do beyond the others: load() once, in the template, and renew()
in each copy that becomes a job, before it has a program.

The template writes nowhere and has one thread. What the libraries would find out for themselves at the first
use, they find out here, so that no program pays for it; what must differ from run to run is made anew.
"""

import io
import os

# matplotlib's list of fonts, made when the root file system was built.
FONTS = "/usr/lib/coderunner/matplotlib"


def load(names):
    """Imports the modules, and uses each library once."""
    settle_matplotlib()
    for name in names:
        __import__(name)
    draw()
    tabulate()


def settle_matplotlib():
    """Tells matplotlib where its list of fonts is. It insists on a folder that it can write to, and a
    template has none; this one has all that it would write there."""
    access = os.access
    for_programs = os.environ["MPLCONFIGDIR"]
    os.environ["MPLCONFIGDIR"] = FONTS
    os.access = lambda path, mode, **more: path == FONTS or access(path, mode, **more)
    try:
        import matplotlib.font_manager

        # Both are asked for once and remembered.
        matplotlib.get_configdir()
        matplotlib.get_cachedir()
    finally:
        os.access = access
        os.environ["MPLCONFIGDIR"] = for_programs


def draw():
    from matplotlib import pyplot

    for kind in ("png", "svg"):
        figure, axes = pyplot.subplots()
        axes.plot([1, 2], label="line")
        axes.set_title("title")
        axes.legend()
        figure.savefig(io.BytesIO(), format=kind)
        pyplot.close(figure)


def tabulate():
    import numpy
    import pandas

    table = pandas.DataFrame({"key": ["a", "b", "a"], "value": [1.0, 2.0, 3.0]})
    str(table.groupby("key").mean())
    str(table.describe())
    numpy.linalg.solve(numpy.eye(2), numpy.ones(2))


def renew():
    """Gives this copy random numbers of its own. Generators that a program makes ask the kernel."""
    import numpy

    numpy.random.seed()
