# attack: notes its random numbers and ids, to foretell those of the next run
# family: between-runs
# pair: after
# expect: outcome OUTCOME_OK
# stops-it: seeds of its own for each run
import json
import os
import random
import secrets
import ssl
import tempfile
import uuid

print(json.dumps({
    "random": random.random(), "uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()),
    "urandom": os.urandom(16).hex(), "secrets": secrets.token_hex(16), "ssl": ssl.RAND_bytes(16).hex(),
    "tempfile": tempfile.mktemp(), "shuffle": random.sample(range(10**6), 5),
}))
