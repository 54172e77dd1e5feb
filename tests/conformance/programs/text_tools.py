# about: re, string, textwrap, difflib, unicodedata, pprint, codecs
# outcome: OUTCOME_OK
# stdout: ok
import codecs
import difflib
import pprint
import re
import string
import textwrap
import unicodedata

assert re.findall(r"(?P<word>\b\w+\b)", "the cat, the dog") == ["the", "cat", "the", "dog"]
assert re.sub(r"(\d+)", lambda m: str(int(m[1]) * 2), "a1b22") == "a2b44"
assert string.Template("$who likes $what").substitute(who="Ada", what="tea") == "Ada likes tea"
assert textwrap.fill("one two three four", 9) == "one two\nthree\nfour"
assert difflib.get_close_matches("pyhton", ["python", "java"]) == ["python"]
assert unicodedata.normalize("NFC", "e\u0301") == "é" and unicodedata.name("Ω") == "GREEK CAPITAL LETTER OMEGA"
assert "straße".upper() == "STRASSE" and "İ".lower() == "i̇"
assert pprint.pformat({"b": 1, "a": 2}) == "{'a': 2, 'b': 1}"
assert codecs.decode("uryyb", "rot13") == "hello" and "日本".encode("shift_jis") == b"\x93\xfa\x96{"
print("ok")
