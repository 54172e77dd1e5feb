"""Runs a program with CPython's own turtle on a real display, and says what is to be seen at its end.

    reference.py PROGRAM

Nothing of turtle is changed but that waiting takes no time and that mainloop comes back. Prints one line of JSON:
where on the screen the middle of the drawing is, the texts with their boxes, and then waits for a line of input, so that the
screen can be read meanwhile.
"""

import json
import sys
import tkinter
import turtle


def nothing(*arguments, **options):
    """The end of the program is the end of what is compared."""


wait = tkinter.Misc.after


def after(self, ms, func=None, *arguments):
    return wait(self, ms, func, *arguments) if func else None


def tell(canvas):
    canvas.update()
    inner = canvas._canvas if hasattr(canvas, "_canvas") else canvas
    left, top, right, bottom = (float(value) for value in str(inner.cget("scrollregion")).split())
    texts = []
    for item in inner.find_all():
        if inner.type(item) == "text" and inner.itemcget(item, "text"):
            texts.append({"text": inner.itemcget(item, "text"), "box": list(inner.bbox(item))})
    place = {
        "x": inner.winfo_rootx() - inner.canvasx(0) + (left + right) / 2,
        "y": inner.winfo_rooty() - inner.canvasy(0) + (top + bottom) / 2,
        "width": inner.winfo_width(),
        "height": inner.winfo_height(),
        "texts": texts,
    }
    print(json.dumps(place), flush=True)


tkinter.Misc.after = after
turtle.mainloop = turtle.done = turtle.exitonclick = nothing
turtle.TurtleScreenBase.mainloop = turtle.TurtleScreen.mainloop = turtle._Screen.exitonclick = nothing
path = sys.argv[1]
stdout, sys.stdout = sys.stdout, sys.stderr
with open(path) as file:
    exec(compile(file.read(), path, "exec"), {"__name__": "__main__"})
sys.stdout = stdout
tell(turtle.Screen().getcanvas())
sys.stdin.readline()
