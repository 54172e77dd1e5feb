# attack: leaves processes that grow, replace and swap its files while they are collected
# family: collection
# expect: outcome OUTCOME_OK
# collects: own*
# stops-it: files are collected when every process of the sandbox is dead
import os
import time

os.mkdir("folder")
with open("folder/own.txt", "w") as file:
    file.write("own")
os.rename("folder", "own")


def swap():
    while True:
        os.rename("own", "own2")
        os.mkdir("own")
        os.rmdir("own")
        os.rename("own2", "own")


def grow():
    while True:
        file = os.open("own/own.txt", os.O_WRONLY | os.O_APPEND)
        if os.fstat(file).st_size < 1_000_000:
            os.write(file, b"more" * 250)
        os.close(file)


for work in (swap, grow, grow):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                try:
                    work()
                except OSError:
                    pass
        os._exit(0)
time.sleep(0.2)
