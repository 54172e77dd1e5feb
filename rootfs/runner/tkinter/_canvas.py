"""The canvas: keeps its items and passes every change on to its picture."""

from . import _fonts, _picture
from ._widgets import Misc, TclError, Tk, colour, number, tell_of_events

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
