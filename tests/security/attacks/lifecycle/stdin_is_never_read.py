# attack: never reads the input that is waiting for it
# family: lifecycle
# expect: outcome OUTCOME_OK
# stdin-bytes: 2000000
# ends-within: 4s
# stops-it: input is fed without blocking
import time

time.sleep(0.3)
print("not interested")
