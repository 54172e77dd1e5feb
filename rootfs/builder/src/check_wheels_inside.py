"""Runs inside the finished tree: proves that the wheels work, loaded as the profile science loads them.

Takes one argument, JSON with their folder and the modules that must import. Prints one line of JSON.
"""

import importlib
import io
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
wanted = json.loads(sys.argv[1])
problems = []
imported = 0
os.environ.update(OPENBLAS_NUM_THREADS="1", MPLBACKEND="Agg", MPLCONFIGDIR="/tmp/matplotlib")
sys.path[:0] = [wanted["folder"], os.path.dirname(wanted["folder"])]


def expect(what, function):
    """Runs one check; a false result or any exception is a problem."""
    try:
        if not function():
            problems.append(f"{what}: wrong result")
    except BaseException as error:
        problems.append(f"{what}: {type(error).__name__}: {error}")


def fonts_are_listed():
    """Loading must not make a list of fonts: it is there."""
    import science
    files = set(os.listdir(science.FONTS))
    written = {name: os.stat(os.path.join(science.FONTS, name)).st_mtime_ns for name in files}
    science.load(["numpy", "pandas", "matplotlib.pyplot"])
    from matplotlib import font_manager
    listed = f"fontlist-v{font_manager.FontManager.__version__}.json"
    same = all(os.stat(os.path.join(science.FONTS, name)).st_mtime_ns == written[name] for name in files)
    return files == {listed} == set(os.listdir(science.FONTS)) and same and not os.path.exists("/tmp/matplotlib")


def linear_algebra_works():
    import numpy
    matrix = numpy.array([[4.0, 1.0], [1.0, 3.0]])
    solved = numpy.linalg.solve(matrix, numpy.array([1.0, 2.0]))
    return numpy.allclose(matrix @ solved, [1.0, 2.0]) and numpy.allclose(numpy.linalg.eigvalsh(matrix).sum(), 7.0)


def tables_work():
    import pandas
    table = pandas.read_csv(io.StringIO("day,city,rain\n2026-01-01,A,1.5\n2026-01-02,B,2.5\n2026-01-03,A,3.5\n"), parse_dates=["day"])
    by_month = table.set_index("day").resample("MS")["rain"].sum()
    return table.groupby("city")["rain"].sum()["A"] == 5.0 and by_month.iloc[0] == 7.5


def draws(kind, start):
    from matplotlib import pyplot
    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    axes.set_title("$x^2$ ñ")
    file = io.BytesIO()
    figure.savefig(file, format=kind)
    pyplot.close(figure)
    return file.getvalue().startswith(start)


def pictures_work():
    from PIL import Image
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "JPEG")
    return Image.open(io.BytesIO(file.getvalue())).size == (8, 8)


expect("list of fonts", fonts_are_listed)
for name in wanted["imports"]:
    try:
        importlib.import_module(name)
        imported += 1
    except BaseException as error:
        problems.append(f"import {name}: {type(error).__name__}: {error}")
expect("linear algebra", linear_algebra_works)
expect("tables", tables_work)
for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("jpg", b"\xff\xd8")):
    expect(f"a chart as {kind}", lambda kind=kind, start=start: draws(kind, start))
expect("pictures", pictures_work)

print(json.dumps({"version": ".".join(map(str, sys.version_info[:3])), "imported": imported, "problems": problems}))
