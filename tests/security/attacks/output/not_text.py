# attack: prints NUL, invalid UTF-8, terminal commands and look-alikes of protocol frames
# family: output
# expect: outcome OUTCOME_OK
# stops-it: output is bytes, never parsed
import os

os.write(1, bytes(range(256)) * 16)
os.write(2, bytes(reversed(range(256))) * 16)
os.write(1, b"\x1b]0;owned\x07\x1b[2J\x1b[?1049h\r\n\x00\x00\x00\x05\x0a\x03abc")
os.write(1, b'{"finished":{"outcome":"OUTCOME_OK"}}\nHTTP/1.1 200 OK\r\ngrpc-status: 0\r\n\r\n')
os.write(1, b"\xff\xff\xff\xff" * 64)
