# attack: computes a number that fills the memory or never ends, in one operation that no signal interrupts
# family: resources
# expect: outcome OUTCOME_MEMORY_LIMIT|OUTCOME_TIME_LIMIT|OUTCOME_RUNTIME_ERROR
# ends-within: 7s
# stops-it: memory limit, time limit by kill from outside
print(9 ** 9 ** 9 ** 9)
