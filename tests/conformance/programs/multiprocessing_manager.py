# about: a manager with a shared dictionary, and shared memory blocks
# outcome: OUTCOME_OK
# limits: wall_ms=10000
# stdout: ok
from multiprocessing import Manager, Process
from multiprocessing.shared_memory import SharedMemory


def fill(table, name, number):
    table[number] = number * 2
    block = SharedMemory(name)
    block.buf[number] = number + 1
    block.close()


if __name__ == "__main__":
    block = SharedMemory(create=True, size=64)
    with Manager() as manager:
        table = manager.dict()
        children = [Process(target=fill, args=(table, block.name, n)) for n in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        assert dict(table) == {0: 0, 1: 2, 2: 4}, dict(table)
    assert bytes(block.buf[:3]) == b"\x01\x02\x03"
    block.close()
    block.unlink()
    print("ok")
