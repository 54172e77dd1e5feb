# about: sys.stdin can be read at once, line by line, and to its end
# outcome: OUTCOME_OK
# stdin: 1 2
# stdin: 3
# stdin: 4 5
# stdout: 15
# stdout: []
import sys

first = sys.stdin.readline()
print(sum(int(part) for line in [first, *sys.stdin] for part in line.split()))
print(sys.stdin.readlines())
