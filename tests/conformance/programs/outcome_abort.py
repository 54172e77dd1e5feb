# about: os.abort() is death by signal 6
# outcome: OUTCOME_RUNTIME_ERROR
# signal: 6
import os

os.abort()
