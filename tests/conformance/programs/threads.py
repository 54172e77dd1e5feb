# about: threads with locks, conditions, barriers, semaphores, events, timers and queues
# outcome: OUTCOME_OK
# stdout: ok
import queue
import threading

total = 0
lock = threading.Lock()


def add():
    global total
    for _ in range(1000):
        with lock:
            total += 1


threads = [threading.Thread(target=add) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert total == 16000

tasks, results = queue.Queue(), queue.PriorityQueue()


def worker():
    while (task := tasks.get()) is not None:
        results.put(task * task)
        tasks.task_done()


workers = [threading.Thread(target=worker, daemon=True) for _ in range(4)]
for thread in workers:
    thread.start()
for number in range(50):
    tasks.put(number)
tasks.join()
assert [results.get() for _ in range(50)] == [number * number for number in range(50)]
fired = threading.Event()
threading.Timer(0.05, fired.set).start()
assert fired.wait(2)
barrier = threading.Barrier(3)
for _ in range(2):
    threading.Thread(target=barrier.wait).start()
barrier.wait(2)
local = threading.local()
local.value = 1
print("ok")
