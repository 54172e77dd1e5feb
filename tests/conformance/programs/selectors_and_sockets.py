# about: selectors, socket pairs, unix sockets, descriptors passed along
# outcome: OUTCOME_OK
# stdout: ok
import os
import select
import selectors
import socket

left, right = socket.socketpair()
with selectors.DefaultSelector() as selector:
    selector.register(right, selectors.EVENT_READ, "right")
    assert selector.select(0.01) == []
    left.sendall(b"hello")
    [(key, _)] = selector.select(1)
    assert key.data == "right" and right.recv(10) == b"hello"
poller = select.poll()
poller.register(right, select.POLLIN)
assert poller.poll(1) == []
listener = socket.socket(socket.AF_UNIX)
listener.bind("server.sock")
listener.listen()
client = socket.socket(socket.AF_UNIX)
client.connect("server.sock")
server, _ = listener.accept()
with open("note", "w+") as note:
    note.write("passed")
    note.flush()
    note.seek(0)
    socket.send_fds(client, [b"x"], [note.fileno()])
    _, fds, _, _ = socket.recv_fds(server, 1, 1)
    assert os.read(fds[0], 10) == b"passed"
print("ok")
