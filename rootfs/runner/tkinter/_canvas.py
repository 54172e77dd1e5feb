"""The classes of tkinter that turtle is made of. A canvas keeps its items and passes every change on to its picture."""

import os

from . import _colours, _fonts, _picture
from ._clock import clock

SCREEN_WIDTH, SCREEN_HEIGHT = 1280, 800
# Names of Tk's options of an item, and ours in a picture.
COLOURS = {"fill": "f", "outline": "o"}
WORDS = {"anchor": "a", "justify": "j", "capstyle": "c"}
# What Tk takes where nothing is said.
DEFAULTS = {
    "line": {"f": "#000000", "w": 1.0},
    "polygon": {"f": "#000000", "o": "", "w": 1.0},
    "oval": {"f": "", "o": "#000000", "w": 1.0},
    "rectangle": {"f": "", "o": "#000000", "w": 1.0},
    "text": {"f": "#000000", "t": "", "a": "center", "n": _fonts.parse(None)},
    "image": {},
}
ANCHORS = ("n", "s", "e", "w", "ne", "nw", "se", "sw", "center")
LONGEST_TEXT = 10_000


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


class Canvas(Misc):
    def __init__(self, master=None, cnf=None, **options):
        super().__init__(master, cnf, **options)
        self.count = 0
        # Nobody sees them, so they are not in the picture.
        self.images = {}
        self.picture = _picture.Picture(())
        _picture.finish()
        _picture.show(self.picture)
        self.look()
        top = self.winfo_toplevel()
        if isinstance(top, Tk):
            top.canvases.append(self)

    def configure(self, cnf=None, **options):
        options = {**(cnf or {}), **options}
        for key in ("bg", "background"):
            if options.get(key, 0) is None:
                del options[key]
            elif key in options:
                colour(options[key])
                self.options["bg"] = options.pop(key)
        self.options.update(options)
        self.look()

    config = configure

    def cget(self, key):
        return self.options.get({"background": "bg"}.get(key, key), "white" if key in ("bg", "background") else "")

    def look(self):
        """Which part of the canvas is seen: the window, or all of the canvas where that is larger, around its
        middle."""
        width, height = self.winfo_width(), self.winfo_height()
        left, top, right, bottom = self.region() or (0, 0, width, height)
        width, height = max(width, right - left), max(height, bottom - top)
        place = ((left + right - width) / 2, (top + bottom - height) / 2, width, height)
        self.picture.view = (*place, colour(self.cget("bg") or "white"))

    def region(self):
        region = self.options.get("scrollregion")
        if isinstance(region, str):
            region = region.split()
        return tuple(float(value) for value in region) if region else None

    def own_size(self, which):
        return number(self.options.get(which) or {"width": 378, "height": 265}[which])

    # --- Items ---

    def create(self, kind, arguments, options):
        if arguments and isinstance(arguments[-1], dict):
            options = {**arguments[-1], **options}
            arguments = arguments[:-1]
        item = _picture.Item(kind, flat(arguments), dict(DEFAULTS[kind]))
        self.count += 1
        self.set_options(item, options)
        if kind == "image":
            self.images[self.count] = item
        else:
            self.picture.add(self.count, item)
        return self.count

    def create_line(self, *arguments, **options):
        return self.create("line", arguments, options)

    def create_polygon(self, *arguments, **options):
        return self.create("polygon", arguments, options)

    def create_oval(self, *arguments, **options):
        return self.create("oval", arguments, options)

    def create_rectangle(self, *arguments, **options):
        return self.create("rectangle", arguments, options)

    def create_text(self, *arguments, **options):
        return self.create("text", arguments, options)

    def create_image(self, *arguments, **options):
        return self.create("image", arguments, options)

    def find(self, number):
        return self.picture.items.get(number) or self.images.get(number)

    def set_options(self, item, options):
        """Whether anything is different now."""
        own = item.options
        before = dict(own)
        for key, value in options.items():
            if key in COLOURS:
                own[COLOURS[key]] = colour(value) if value not in ("", None) else ""
            elif key == "width" and item.kind != "text":
                own["w"] = min(max(float(number(value)), 0.0), 100_000.0)
            elif key == "text":
                own["t"] = str(value)[:LONGEST_TEXT]
            elif key == "font":
                try:
                    own["n"] = _fonts.parse(value)
                except ValueError as error:
                    raise TclError(str(error)) from None
            elif key == "state":
                own["h"] = int(value == "hidden")
            elif key in WORDS and isinstance(value, str):
                if key == "anchor" and value not in ANCHORS:
                    raise TclError(f'bad anchor position "{value}"')
                own[WORDS[key]] = value
        return own != before

    def itemconfigure(self, tagOrId, cnf=None, **options):
        for number in self.named(tagOrId):
            if self.set_options(self.find(number), {**(cnf or {}), **options}) and number in self.picture.items:
                self.picture.touch(number)

    itemconfig = itemconfigure

    def itemcget(self, tagOrId, option):
        item = self.find(tagOrId)
        key = COLOURS.get(option) or WORDS.get(option) or {"width": "w", "text": "t"}.get(option)
        return item.options.get(key, "") if item else ""

    def coords(self, tagOrId, *arguments):
        item = self.find(tagOrId)
        if item is None:
            return []
        if arguments:
            item.coords = flat(arguments)
            if tagOrId in self.picture.items:
                self.picture.touch(tagOrId)
            return None
        return list(item.coords)

    def move(self, tagOrId, xAmount=0, yAmount=0):
        for number in self.named(tagOrId):
            steps = (xAmount, yAmount)
            self.coords(number, [value + steps[at % 2] for at, value in enumerate(self.find(number).coords)])

    def named(self, tag):
        if tag == "all":
            return self.find_all()
        return (tag,) if self.find(tag) is not None else ()

    def find_all(self):
        return (*self.images, *self.picture.items)

    def type(self, tagOrId):
        item = self.find(tagOrId)
        return item.kind if item else None

    def delete(self, *arguments):
        for tag in arguments:
            if tag == "all":
                self.picture.clear()
                self.images.clear()
            else:
                self.picture.delete(tag)
                self.images.pop(tag, None)

    def tag_raise(self, tagOrId, aboveThis=None):
        if tagOrId in self.picture.items:
            self.picture.raise_to_top(tagOrId)

    lift = tkraise = tag_raise

    def tag_lower(self, tagOrId, belowThis=None):
        if tagOrId in self.picture.items:
            self.picture.lower(tagOrId)

    lower = tag_lower

    def tag_bind(self, tagOrId, sequence=None, func=None, add=None):
        tell_of_events(sequence, func)
        return ""

    tag_unbind = Misc.nothing

    def bbox(self, *arguments):
        boxes = [box for tag in arguments for number in self.named(tag) if (box := self.box(number))]
        if not boxes:
            return None
        left, top, right, bottom = zip(*boxes)
        return (min(left), min(top), max(right), max(bottom))

    def box(self, number):
        item = self.find(number)
        if item is None or not item.coords:
            return None
        xs, ys = item.coords[::2], item.coords[1::2]
        if item.kind != "text":
            edge = item.options.get("w", 0) / 2
            found = (min(xs) - edge, min(ys) - edge, max(xs) + edge, max(ys) + edge)
        else:
            width, height = _fonts.extent(item.options["t"], item.options["n"])
            anchor = item.options["a"]
            left = xs[0] - (0 if "w" in anchor else width if "e" in anchor and anchor != "center" else width / 2)
            top = ys[0] - (0 if anchor[0] == "n" and anchor != "center" else height if "s" in anchor else height / 2)
            found = (left, top, left + width, top + height)
        return tuple(round(value) for value in found)

    def canvasx(self, screenx, gridspacing=None):
        return float(screenx)

    def canvasy(self, screeny, gridspacing=None):
        return float(screeny)

    scan_mark = scan_dragto = xview = yview = xview_moveto = yview_moveto = xview_scroll = yview_scroll = Misc.nothing


def flat(values):
    """Coordinates, which Tk takes one by one, in pairs or all in one."""
    result = []
    for value in values:
        if isinstance(value, (list, tuple)):
            result += flat(value)
        else:
            result.append(float(value))
    return result
