# attack: holds a secret in its input and memory while another run looks for it
# family: between-runs
# pair: live
# expect: outcome OUTCOME_CANCELLED
# stops-it: nothing of a run stays in the process that starts the next one
import time

import kit

secret = kit.facts()["secret"]
copies = [secret + str(number) for number in range(10000)]
print("READY", flush=True)
time.sleep(60)
