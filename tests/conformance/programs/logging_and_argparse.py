# about: logging to stream and file, argparse, getopt
# outcome: OUTCOME_OK
# stderr: WARNING:game:low on lives
# stdout: ok
import argparse
import logging
import logging.handlers

logging.basicConfig(level=logging.INFO, format="%(levelname)s:%(name)s:%(message)s")
log = logging.getLogger("game")
log.warning("low on %s", "lives")
log.debug("hidden")
handler = logging.handlers.RotatingFileHandler("game.log", maxBytes=1000, backupCount=1)
quiet = logging.getLogger("quiet")
quiet.propagate = False
quiet.addHandler(handler)
for number in range(100):
    quiet.error("line %d", number)
assert "line 99" in open("game.log").read()
parser = argparse.ArgumentParser()
parser.add_argument("--level", type=int, default=1)
assert parser.parse_args(["--level", "3"]).level == 3
print("ok")
