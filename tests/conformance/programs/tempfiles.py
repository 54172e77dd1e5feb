# about: tempfile in all its forms
# outcome: OUTCOME_OK
# stdout: ok
import os
import tempfile

with tempfile.TemporaryFile() as file:
    file.write(b"x" * 100_000)
    file.seek(0)
    assert len(file.read()) == 100_000
with tempfile.NamedTemporaryFile("w+", suffix=".txt") as file:
    file.write("hello")
    file.flush()
    assert open(file.name).read() == "hello"
with tempfile.TemporaryDirectory() as folder:
    open(os.path.join(folder, "a"), "w").close()
    assert os.listdir(folder) == ["a"]
assert not os.path.exists(folder)
with tempfile.SpooledTemporaryFile(max_size=10) as file:
    file.write(b"more than ten bytes")
print("ok")
