"""The classes of tkinter that turtle is made of, but for the canvas: windows that nobody sees, and what all widgets
can. Sizes are those of a screen; keys and clicks are accepted and never come."""

import os

from . import _colours, _picture
from ._clock import clock

SCREEN_WIDTH, SCREEN_HEIGHT = 1280, 800


class TclError(Exception):
    """What Tk raises."""


class Interpreter:
    """Stands for Tcl, of which there is none."""

    def mainloop(self, n=0):
        mainloop(n)


def mainloop(n=0):
    """Lets timers run until nothing is left to do."""
    clock.run()


class Misc:
    """What all widgets can."""

    tk = Interpreter()
    master = None
    mainloop = staticmethod(mainloop)

    def __init__(self, master=None, cnf=None, **options):
        self.master = master
        self.options = {**(cnf or {}), **options}
        self.children = {}

    def winfo_toplevel(self):
        return self if self.master is None else self.master.winfo_toplevel()

    def _root(self):
        return self.winfo_toplevel()

    def update(self):
        clock.call_due()
        if _picture.shown is not None:
            _picture.shown.frame()

    def update_idletasks(self):
        if _picture.shown is not None:
            _picture.shown.frame()

    def after(self, ms, func=None, *arguments):
        if func is None:
            clock.wait(ms)
            return None
        return clock.call_later(ms, func, arguments)

    def after_idle(self, func, *arguments):
        return clock.call_later(0, func, arguments)

    def after_cancel(self, id):
        clock.cancel(id)

    def winfo_rgb(self, color):
        parsed = colour(color)
        return tuple(257 * int(parsed[at : at + 2], 16) for at in (1, 3, 5))

    def winfo_screenwidth(self):
        return SCREEN_WIDTH

    def winfo_screenheight(self):
        return SCREEN_HEIGHT

    def winfo_width(self):
        size = getattr(self.winfo_toplevel(), "size", None)
        return size[0] if size else self.own_size("width")

    def winfo_height(self):
        size = getattr(self.winfo_toplevel(), "size", None)
        return size[1] if size else self.own_size("height")

    winfo_reqwidth, winfo_reqheight = winfo_width, winfo_height

    def winfo_exists(self):
        return 1

    def own_size(self, which):
        return number(self.options.get(which, 1))

    def configure(self, cnf=None, **options):
        self.options.update(cnf or {}, **options)

    config = configure

    def cget(self, key):
        return self.options.get(key, "")

    def __getitem__(self, key):
        return self.cget(key)

    def __setitem__(self, key, value):
        self.configure({key: value})

    def keys(self):
        return list(self.options)

    def bind(self, sequence=None, func=None, add=None):
        tell_of_events(sequence, func)
        return ""

    def unbind(self, sequence, funcid=None):
        pass

    bind_all = bind

    def nothing(self, *arguments, **options):
        """Where and how something is shown is nobody's business."""

    pack = grid = place = pack_forget = grid_forget = place_forget = nothing
    rowconfigure = columnconfigure = grid_rowconfigure = grid_columnconfigure = pack_propagate = nothing
    focus_force = focus_set = focus = lift = bell = quit = nothing

    def destroy(self):
        _picture.finish()


def tell_of_events(sequence, func):
    """A program that waits for keys or clicks is told that none will come."""
    if func is None or not isinstance(sequence, str) or sequence == "<Configure>":
        return
    if "Key" in sequence:
        _picture.tell("keys don't work here, so nothing that is bound to a key will happen. The drawing is shown.")
    elif not any(closes(cell) for cell in getattr(func, "__closure__", None) or ()):
        _picture.tell("clicks don't work here, so nothing that is bound to a click will happen. The drawing is shown.")


def closes(cell):
    """Whether what is bound is turtle's own exitonclick, for which nobody needs to click."""
    return getattr(cell.cell_contents, "__qualname__", "").endswith("exitonclick.<locals>.exitGracefully")


def colour(name):
    parsed = _colours.parse(name)
    if parsed is None:
        kind = "invalid" if str(name).startswith("#") else "unknown"
        raise TclError(f'{kind} color name "{name}"')
    return parsed


def number(value):
    try:
        return float(value) if isinstance(value, float) else int(value)
    except (TypeError, ValueError):
        raise TclError(f'expected floating-point number but got "{value}"') from None


class Wm:
    """What a window can."""

    size = None

    def geometry(self, newGeometry=None):
        if newGeometry:
            width, _, rest = newGeometry.partition("x")
            height = rest.replace("-", "+").partition("+")[0]
            try:
                self.size = (round(float(width)), round(float(height)))
            except (ValueError, OverflowError):
                raise TclError(f'bad geometry specifier "{newGeometry}"') from None
            for canvas in self.canvases:
                canvas.look()

    wm_geometry = geometry

    def title(self, string=None):
        return ""

    wm_title = iconname = title
    protocol = wm_protocol = resizable = minsize = maxsize = attributes = wm_attributes = Misc.nothing
    iconify = withdraw = deiconify = overrideredirect = iconbitmap = state = Misc.nothing


class Tk(Misc, Wm):
    def __init__(self, *arguments, **options):
        super().__init__()
        self.canvases = []


class Frame(Misc):
    pass


class Scrollbar(Misc):
    set = Misc.nothing


class PhotoImage:
    """A picture from a file; it is looked for, and not shown."""

    def __init__(self, name=None, cnf=None, master=None, file=None, data=None, width=0, height=0, **options):
        self.size = (width, height)
        if file is not None:
            if not os.path.isfile(file):
                raise TclError(f'couldn\'t open "{file}": no such file or directory')
            _picture.tell("pictures from files are not shown here.")

    def width(self):
        return self.size[0]

    def height(self):
        return self.size[1]

    blank = put = copy = zoom = subsample = Misc.nothing
