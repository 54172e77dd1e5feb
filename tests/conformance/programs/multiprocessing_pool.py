# about: a pool of processes, a queue, a pipe, a lock and shared values
# outcome: OUTCOME_OK
# limits: wall_ms=10000
# stdout: ok
import multiprocessing as mp


def square(number):
    return number * number


def count(value, lock, queue):
    for _ in range(100):
        with lock:
            value.value += 1
    queue.put("done")


if __name__ == "__main__":
    with mp.Pool(4) as pool:
        assert pool.map(square, range(50)) == [n * n for n in range(50)]
        assert pool.apply_async(square, (9,)).get(5) == 81
    value, lock, queue = mp.Value("i", 0), mp.Lock(), mp.Queue()
    children = [mp.Process(target=count, args=(value, lock, queue)) for _ in range(3)]
    for child in children:
        child.start()
    assert [queue.get(timeout=5) for _ in children] == ["done"] * 3
    for child in children:
        child.join()
    assert value.value == 300
    numbers = mp.Array("d", [1.0, 2.0])
    assert sum(numbers) == 3.0
    left, right = mp.Pipe()
    left.send({"a": 1})
    assert right.recv() == {"a": 1}
    print("ok")
