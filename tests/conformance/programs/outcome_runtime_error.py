# about: an exception ends the program with a traceback of the student's own lines
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stdout: before
# stderr: Traceback (most recent call last):
# stderr:   File "main.py", line 19, in <module>
# stderr:     average([])
# stderr:   File "main.py", line 15, in average
# stderr:     return sum(values) / len(values)
# stderr:            ~~~~~~~~~~~~^~~~~~~~~~~~~
# stderr: ZeroDivisionError: division by zero


def average(values):
    return sum(values) / len(values)


print("before")
average([])
