"""How wide and high a text is. There is no display to ask, so this knows the widths of letters of three fonts: Arial,
Times and Courier, whose metrics the free Liberation fonts share, and counts every other as one of these.

Widths are thousandths of the size, of the characters from blank to tilde, measured with Liberation.
"""

import unicodedata

SANS = tuple(map(int, """
278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584
584 584 556 1015 667 667 722 722 667 610 777 722 278 500 667 556 833 722 777 667 777 722 667 610 722 667 943 667 667
610 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500
722 500 500 500 334 260 334 584
""".split()))
SANS_BOLD = tuple(map(int, """
278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584
584 584 610 975 722 722 722 722 667 610 777 722 278 556 722 610 833 722 777 667 777 722 667 610 722 667 943 667 667
610 333 278 333 584 556 333 556 610 556 610 556 333 610 610 278 278 556 278 889 610 610 610 610 389 556 333 610 556
777 556 556 500 389 280 389 584
""".split()))
SERIF = tuple(map(int, """
250 333 408 500 500 833 777 180 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 500 500 500 278 278 564
564 564 444 920 722 667 667 722 610 556 722 722 333 389 722 610 889 722 722 556 722 667 556 610 722 722 943 722 722
610 333 278 333 469 500 333 444 500 444 500 444 333 500 500 278 278 500 278 777 500 500 500 500 333 389 278 500 500
722 500 500 444 480 200 480 541
""".split()))
SERIF_BOLD = tuple(map(int, """
250 333 555 500 500 999 833 278 333 333 500 569 250 333 250 278 500 500 500 500 500 500 500 500 500 500 333 333 569
569 569 500 930 722 667 722 722 667 610 777 777 389 500 777 667 943 722 777 610 777 722 556 667 722 722 999 722 722
667 333 278 333 581 500 333 500 556 444 556 444 333 500 556 278 333 556 278 833 556 500 556 556 444 389 333 556 500
722 500 500 444 394 220 394 520
""".split()))
MONO = (600,) * 95
# Width tables (normal, bold), ascent and descent.
FACES = {
    "sans": ((SANS, SANS_BOLD), 0.905, 0.212),
    "serif": ((SERIF, SERIF_BOLD), 0.891, 0.216),
    "mono": ((MONO, MONO), 0.833, 0.300),
}
# A Tk point is a 72nd of an inch, and a screen has 96 pixels to the inch.
PIXELS_PER_POINT = 96 / 72
DEFAULT = ("sans", 10, "")
STYLES = ("bold", "italic", "underline", "overstrike")


def parse(font):
    """The font as a face, pixels and a text of styles. Tk takes a name, a text like "Arial 8 bold", or a
    tuple, with a size in points, or in pixels when it is negative."""
    if not font:
        font = DEFAULT
    if isinstance(font, str):
        font = split(font)
    family, *rest = font
    size = rest[0] if rest else DEFAULT[1]
    words = " ".join(str(word) for word in rest[1:]).lower().split()
    try:
        size = float(size)
    except (TypeError, ValueError):
        raise ValueError(f'expected integer but got "{size}"') from None
    for word in words:
        if word not in STYLES and word not in ("normal", "roman"):
            raise ValueError(f'unknown font style "{word}"')
    pixels = -size if size < 0 else (size or DEFAULT[1]) * PIXELS_PER_POINT
    return face(str(family)), min(round(pixels, 2), 2000.0), " ".join(word for word in STYLES if word in words)


def split(text):
    """The parts of "family size style", where a family of more than one word may be in braces."""
    if text[:1] == "{":
        family, _, rest = text[1:].partition("}")
        return (family, *rest.split())
    words = text.split()
    for at, word in enumerate(words):
        if word.lstrip("-").isdigit():
            return (" ".join(words[:at]) or DEFAULT[0], *words[at:])
    return (text,)


def face(family):
    name = family.lower()
    if any(word in name for word in ("courier", "mono", "consol", "fixed", "menlo")):
        return "mono"
    if any(word in name for word in ("times", "serif", "georgia", "garamond", "roman", "palatino")):
        return "serif" if "sans" not in name else "sans"
    return "sans"


def extent(text, font):
    """Width and height in pixels of a text of any number of lines."""
    name, pixels, styles = font
    widths, ascent, descent = FACES[name]
    table = widths["bold" in styles]
    lines = text.split("\n")
    widest = max(sum(advance(letter, table) for letter in line) for line in lines)
    return widest * pixels / 1000, (ascent + descent) * pixels * len(lines)


def advance(letter, table):
    code = ord(letter) - 32
    if 0 <= code < 95:
        return table[code]
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1000
    # An accented letter is as wide as the letter without its accent.
    plain = ord(unicodedata.normalize("NFD", letter)[0]) - 32
    return table[plain] if 0 <= plain < 95 else table[ord("n") - 32]
