"""Compares what our tkinter knows by heart with what Tk says on a real display: colours by name and by number, and how
wide and high texts are. Prints each difference.

    facts.py FOLDER-OF-OUR-TKINTER
"""

import importlib.util
import sys
import tkinter
from tkinter import font

TEXTS = ["Hello, turtle!", "AaBbGgQq 123", "The quick brown fox", "W" * 20, "ilj|!.,", "señor, Größe, façade"]
FONTS = [("Arial", 8, "normal"), ("Arial", 24, "bold"), ("Times", 18, "normal"), ("Courier", 14, "italic")]


def load(name):
    specification = importlib.util.spec_from_file_location(name, f"{sys.argv[1]}/{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def theirs(window, colour):
    try:
        return "#" + "".join(f"{part >> 8:02x}" for part in window.winfo_rgb(colour))
    except tkinter.TclError:
        return None


def colours(window):
    ours = load("_colours")
    names = [*ours.names, *(f"gray{level}" for level in range(101)), *(f"grey{level}" for level in range(101))]
    names += ["light blue", "Dark Olive Green", "dark slate grey", "RED", "SlateGrey3", "no such colour", "", "red ", "gray101"]
    names += ["#abc", "#a1b2c3", "#123456789", "#aabbccddeeff", "#12", "#12345", "#ggg", "#", "blue0", "light  blue"]
    for name in names:
        if ours.parse(name) != theirs(window, name):
            print(f"{name!r} is {theirs(window, name)}, not {ours.parse(name)}")
    return len(names)


def texts():
    ours = load("_fonts")
    for described in FONTS:
        family, size, style = described
        kind = {"weight": "bold"} if style == "bold" else {"slant": "italic"} if style == "italic" else {}
        real = font.Font(family=family, size=size, **kind)
        for text in TEXTS:
            width, height = ours.extent(text, ours.parse(described))
            if abs(width - real.measure(text)) > 3 + 0.05 * width:
                print(f"{text!r} in {described} is {real.measure(text)} wide, not {width:.0f}")
            if abs(height - real.metrics("linespace")) > 3:
                print(f"{described} is {real.metrics('linespace')} high, not {height:.0f}")


root = tkinter.Tk()
count = colours(root)
texts()
print(f"{count} colours compared")
