# about: os._exit(255)
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 255
import os

os._exit(255)
