"""What a canvas shows, told to whoever watches: lines of JSON on the drawing's own descriptor.

The first line is ["drawing",1]. Each further one is a frame, [MILLISECONDS,CHANGE,...]: how long after the frame
before it is to be seen, and what changes then:

    ["w",x,y,width,height,"#rrggbb"]  the part of the canvas that is seen, and its background
    ["+",id,kind,[x,y,...],{...}]     a new item above all others; kind is line, polygon, oval, rectangle or text
    ["c",id,[x,y,...]]                other coordinates     ["a",id,[x,y,...]]  further coordinates at the end
    ["o",id,{...}]                    other options: f fill, o outline, w width, c cap, t text, a anchor, j justify,
                                      n font as [face, pixels, styles], h hidden
    ["^",id]  above all others        ["v",id]  below all others
    ["-",id]  deleted                 ["x"]  all deleted

Nothing here waits: a delay is a number in a frame, and the page lets the time pass. When a program draws more frames
than anybody looks at, fewer and fewer are written, each with all that has changed since the last one; the last state
is always written.
"""

import atexit
import os
import stat
import sys
import time
from _json import encode_basestring_ascii as quoted

# Each time that so many bytes are written, only every second of the frames is from then on.
THINNING = 512 * 1024
# After so many bytes nothing but the last state is written, for which there must be room.
ENOUGH = 3 * 1024 * 1024
NEVER = 1 << 62
# A frame is cut into lines of about so many bytes.
LINE = 16 * 1024
# Standing still for longer is a pause that the watcher is to see, up to a bound.
SHORTEST_PAUSE, LONGEST_PAUSE = 150, 3000
LARGEST = 1_000_000.0


class Item:
    """One thing on a canvas. `sent` are its coordinates as they were last written, None when it is new."""

    __slots__ = ("kind", "coords", "options", "sent", "sent_options")

    def __init__(self, kind, coords, options):
        self.kind, self.coords, self.options = kind, coords, options
        self.sent = None
        self.sent_options = {}


class Picture:
    """The state of one canvas, and what of it was not told yet."""

    def __init__(self, view):
        # In the order in which they lie on each other.
        self.items = {}
        # Items that have changed, with "^" or "v" for those that were moved in that order; in the order of these moves.
        self.changed = {}
        self.deleted = []
        self.view = view
        self.view_sent = None
        self.emptied = True
        self.delay = 0.0
        self.skipped = 0

    def add(self, number, item):
        self.items[number] = item
        self.changed[number] = ""

    def touch(self, number):
        if number not in self.changed:
            self.changed[number] = ""

    def raise_to_top(self, number):
        items = self.items
        if next(reversed(items)) != number:
            items[number] = items.pop(number)
            self.move(number, "^")

    def lower(self, number):
        item = self.items.pop(number)
        self.items = {number: item, **self.items}
        self.move(number, "v")

    def move(self, number, where):
        self.changed.pop(number, None)
        self.changed[number] = where

    def delete(self, number):
        item = self.items.pop(number, None)
        if item is not None:
            self.changed.pop(number, None)
            if item.sent is not None:
                self.deleted.append(number)

    def clear(self):
        self.items.clear()
        self.changed.clear()
        self.deleted.clear()
        self.emptied = True

    def is_changed(self):
        return bool(self.changed or self.deleted or self.emptied or self.view != self.view_sent)

    def frame(self, last=False):
        """The moment at which what has changed is seen."""
        if channel.descriptor is None:
            # Nobody looks; what was deleted need not be remembered.
            self.deleted.clear()
            return
        if not self.is_changed():
            return
        self.delay += channel.pause()
        self.skipped += 1
        if last or self.skipped >= channel.thinness:
            self.skipped = 0
            delay, self.delay = self.delay, 0.0
            channel.write(delay, self.changes())

    def changes(self):
        if self.emptied:
            self.emptied = False
            yield '["x"]'
        if self.view != self.view_sent:
            self.view_sent = self.view
            *place, colour = self.view
            yield f'["w",{joined(place)},"{colour}"]'
        for number in self.deleted:
            yield f'["-",{number}]'
        self.deleted.clear()
        changed, self.changed = self.changed, {}
        for number, where in changed.items():
            item = self.items[number]
            coords = [short(value) for value in item.coords]
            if item.sent is None:
                yield f'["+",{number},"{item.kind}",[{",".join(coords)}],{told(item.options)}]'
            else:
                yield from self.differences(number, item, coords)
                where = where and f'["{where}",{number}]'
            if where == "v":
                where = f'["v",{number}]'
            if where not in ("", "^"):
                yield where
            item.sent, item.sent_options = coords, dict(item.options)

    def differences(self, number, item, coords):
        sent = item.sent
        if coords != sent:
            more = len(coords) - len(sent)
            if more > 0 and coords[: len(sent)] == sent and item.kind in ("line", "polygon"):
                yield f'["a",{number},[{",".join(coords[-more:])}]]'
            else:
                yield f'["c",{number},[{",".join(coords)}]]'
        old = item.sent_options
        options = {key: value for key, value in item.options.items() if old.get(key) != value}
        if options:
            yield f'["o",{number},{told(options)}]'


def short(value):
    """A number with at most two digits behind the point."""
    if not -LARGEST <= value <= LARGEST:
        # Also what is no number.
        value = LARGEST if value > 0 else -LARGEST if value < 0 else 0.0
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def joined(values):
    return ",".join(short(value) for value in values)


def told(options):
    return "{" + ",".join(f'"{key}":{told_value(value)}' for key, value in options.items()) + "}"


def told_value(value):
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return "[" + ",".join(map(told_value, value)) + "]"
    return short(value)


class Channel:
    """The descriptor on which drawings leave the sandbox; the runner has left its number in the module sys. Where it
    is missing, nobody looks at drawings."""

    def __init__(self):
        self.descriptor = getattr(sys, "_drawing", None)
        self.process = os.getpid()
        self.identity = self.what_it_is()
        self.written = 0
        self.thinness = 1
        self.wall = self.computed = 0.0
        if self.identity is None:
            self.descriptor = None
        self.send('["drawing",1]\n')

    def what_it_is(self):
        """Which pipe the descriptor is; None when it is none."""
        if self.descriptor is None:
            return None
        try:
            found = os.fstat(self.descriptor)
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if stat.S_ISFIFO(found.st_mode) else None

    def pause(self):
        """Milliseconds for which the program itself has waited since the frame before: it slept, or was typed to."""
        wall, computed = time.monotonic(), time.process_time()
        waited = 1000 * ((wall - self.wall) - (computed - self.computed))
        first, self.wall, self.computed = not self.wall, wall, computed
        return 0 if first or waited < SHORTEST_PAUSE else min(waited, LONGEST_PAUSE)

    def write(self, delay, changes):
        line = []
        size = 0
        for change in changes:
            line.append(change)
            size += len(change)
            if size > LINE:
                self.send(f"[{round(delay)},{','.join(line)}]\n")
                line, size, delay = [], 0, 0
        if line or delay:
            self.send(f"[{','.join([str(round(delay)), *line])}]\n")
        while self.written > THINNING * self.thinness.bit_length():
            self.thinness *= 2
        if self.written > ENOUGH:
            self.thinness = NEVER

    def send(self, text):
        # A copy of the process, or one that has put something else in the descriptor's place, draws no more.
        if self.descriptor is None or os.getpid() != self.process or self.what_it_is() != self.identity:
            return
        data = memoryview(text.encode("ascii"))
        self.written += len(data)
        try:
            while data:
                data = data[os.write(self.descriptor, data):]
        except OSError:
            self.descriptor = None
            tell("the drawing is too large: from here on it is not shown any more.")


def tell(sentence):
    """Tells the program's author something that is no error."""
    if sentence not in said:
        said.add(sentence)
        try:
            sys.stderr.write(f"turtle: {sentence}\n")
        except (AttributeError, OSError, ValueError):
            pass


def show(picture):
    """Makes a canvas the one that is seen. The one before it stays as it is."""
    global shown
    shown = picture


def finish():
    """Writes the last state."""
    if shown is not None:
        shown.frame(last=True)


said = set()
shown = None
channel = Channel()
atexit.register(finish)
