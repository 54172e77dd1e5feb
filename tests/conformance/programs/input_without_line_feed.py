# about: a last line without line feed is a line
# outcome: OUTCOME_OK
# stdin-raw: a\nb
# stdout: ['a', 'b']
print([input(), input()])
