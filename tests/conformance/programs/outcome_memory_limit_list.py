# about: a list that grows without end
# outcome: OUTCOME_MEMORY_LIMIT
# ends-within: 5s
values = [0]
while True:
    values.extend(values)
