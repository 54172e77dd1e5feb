# about: standard input as bytes, as they came
# outcome: OUTCOME_OK
# stdin-raw: \x00\xff\r\n\x80
# stdout: b'\x00\xff\r\n\x80'
import sys

print(sys.stdin.buffer.read())
