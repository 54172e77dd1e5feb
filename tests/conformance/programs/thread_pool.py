# about: concurrent.futures with threads
# outcome: OUTCOME_OK
# stdout: ok
from concurrent.futures import ThreadPoolExecutor, as_completed
import time


def slow_square(number):
    time.sleep(0.02)
    return number * number


with ThreadPoolExecutor(max_workers=8) as pool:
    assert list(pool.map(slow_square, range(20))) == [n * n for n in range(20)]
    futures = [pool.submit(slow_square, n) for n in range(5)]
    assert sorted(f.result() for f in as_completed(futures)) == [0, 1, 4, 9, 16]
print("ok")
