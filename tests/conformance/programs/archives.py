# about: zip, tar, gzip, bz2, lzma and zlib
# outcome: OUTCOME_OK
# stdout: ok
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib

data = b"learning " * 5000
for module in (gzip, bz2, lzma, zlib):
    packed = module.compress(data)
    assert len(packed) < 1000 and module.decompress(packed) == data
with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("inner/notes.txt", data)
with zipfile.ZipFile("a.zip") as archive:
    assert archive.testzip() is None and archive.read("inner/notes.txt") == data
with tarfile.open("a.tar.gz", "w:gz") as archive:
    archive.add("a.zip")
with tarfile.open("a.tar.gz") as archive:
    assert archive.getnames() == ["a.zip"]
    archive.extractall("out")
assert open("out/a.zip", "rb").read() == open("a.zip", "rb").read()
with gzip.open("a.gz", "wt") as file:
    file.write("text")
assert gzip.open("a.gz", "rt").read() == "text"
assert io.BytesIO(data).read(8) == b"learning"
print("ok")
