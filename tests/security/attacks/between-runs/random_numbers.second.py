# attack: compares its random numbers with those of the run before
# family: between-runs
# expect: blocked
# stops-it: seeds of its own for each run
# The hash seed is not among them: all copies of one template share it, until the next template.
import json
import os
import random
import secrets
import ssl
import tempfile
import uuid

import kit

before = json.loads(kit.facts()["first_stdout"])
now = {
    "random": random.random(), "uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()),
    "urandom": os.urandom(16).hex(), "secrets": secrets.token_hex(16), "ssl": ssl.RAND_bytes(16).hex(),
    "tempfile": tempfile.mktemp(), "shuffle": random.sample(range(10**6), 5),
}
assert before.keys() == now.keys()
for name, value in now.items():
    if value == before[name]:
        kit.escaped(f"{name} is {value} again")
    else:
        kit.blocked(f"{name} differs")
kit.finish()
