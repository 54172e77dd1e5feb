"""What turtle needs of tkinter, without a display: a canvas that remembers what is on it and tells it as data.

There are no windows here. A program that imports tkinter for itself is told so; one that uses turtle finds the
canvas, the timers and the questions that turtle is made of, and nothing else. Sizes are those of a screen of 1280
by 800 pixels. Keys and clicks are accepted and never come.
"""

import sys


def _refuse_others():
    """Lets only turtle in, or whoever comes after it."""
    frame = sys._getframe(1)
    while frame is not None and (
        frame.f_globals.get("__name__") == __name__ or "importlib" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    if frame is None or frame.f_globals.get("__name__") != "turtle":
        raise ModuleNotFoundError(
            "tkinter opens windows, and there is no screen here. For pictures, use turtle.", name="tkinter"
        )


_refuse_others()

from . import _picture
from ._canvas import Canvas
from ._widgets import Frame, Misc, PhotoImage, Scrollbar, TclError, Tk, mainloop

__all__ = ["Canvas", "Frame", "PhotoImage", "Scrollbar", "TclError", "Tk", "mainloop"]

TkVersion = TclVersion = 8.6
NONE, X, Y, BOTH = "none", "x", "y", "both"
LEFT, RIGHT, TOP, BOTTOM, CENTER = "left", "right", "top", "bottom", "center"
N, S, E, W, NE, NW, SE, SW, NSEW = "n", "s", "e", "w", "ne", "nw", "se", "sw", "nsew"
HORIZONTAL, VERTICAL = "horizontal", "vertical"
FLAT, SUNKEN, RAISED, GROOVE, RIDGE, SOLID = "flat", "sunken", "raised", "groove", "ridge", "solid"
BUTT, ROUND, PROJECTING, MITER, BEVEL = "butt", "round", "projecting", "miter", "bevel"
NORMAL, DISABLED, HIDDEN, ALL, END = "normal", "disabled", "hidden", "all", "end"


def __getattr__(name):
    raise AttributeError(f"tkinter.{name} opens a window or a part of one, and there is no screen here")
