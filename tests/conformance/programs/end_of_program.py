# about: what happens at the end: threads, atexit, __del__, files left open
# outcome: OUTCOME_OK
# stdout: temporary is gone, count 1
# stdout: main ends
# stdout: thread ends
# stdout: exit function two
# stdout: exit function one
# stdout: global is gone, count 2
import atexit
import threading
import time

count = 0


class Noisy:
    def __init__(self, name):
        global count
        count += 1
        self.name = name

    def __del__(self):
        print(self.name, "is gone, count", count)


def wait():
    time.sleep(0.2)
    print("thread ends")


def temporary():
    here = Noisy("temporary")


temporary()
atexit.register(print, "exit function one")
atexit.register(print, "exit function two")
threading.Thread(target=wait).start()
kept = Noisy("global")
left_open = open("/tmp/left.txt", "w")
left_open.write("not flushed yet")
print("main ends")
