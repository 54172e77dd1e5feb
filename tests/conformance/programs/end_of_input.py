# about: input() without input
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stderr-contains: EOFError: EOF when reading a line
# stderr-contains: File "main.py", line 6, in <module>
name = input()
