# about: sets of text work, and hashes agree within a run, also in children
# outcome: OUTCOME_OK
# stdout: ok
import os

assert hash("learner") == hash("lear" + "ner")
assert {"a", "b"} == {"b", "a"}
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, str(hash("learner")).encode())
    os._exit(0)
os.wait()
assert int(os.read(reader, 100)) == hash("learner")
print("ok")
