# about: xml, html, urllib.parse, email, mimetypes, http
# outcome: OUTCOME_OK
# stdout: ok
import email
import html
import http
import mimetypes
import urllib.parse
import xml.etree.ElementTree as tree
from email.message import EmailMessage
from html.parser import HTMLParser
from xml.dom import minidom

root = tree.fromstring("<class><pupil name='Ada'>1</pupil><pupil name='Mira'>2</pupil></class>")
assert [p.get("name") for p in root.iter("pupil")] == ["Ada", "Mira"]
assert minidom.parseString("<a><b/></a>").documentElement.tagName == "a"
found = []


class Links(HTMLParser):
    def handle_starttag(self, tag, attributes):
        found.extend(value for name, value in attributes if name == "href")


Links().feed('<a href="x">y</a>')
assert found == ["x"] and html.escape("<&>") == "&lt;&amp;&gt;"
assert urllib.parse.parse_qs("a=1&b=ü") == {"a": ["1"], "b": ["ü"]}
message = EmailMessage()
message["Subject"] = "Grüße"
message.set_content("Hallo")
assert email.message_from_string(message.as_string())["Subject"] is not None
assert http.HTTPStatus(404).phrase == "Not Found" and mimetypes.guess_type("a.png")[0] == "image/png"
print("ok")
