# about: concurrent.futures with processes
# outcome: OUTCOME_OK
# limits: wall_ms=10000
# stdout: ok
from concurrent.futures import ProcessPoolExecutor
import math


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


if __name__ == "__main__":
    with ProcessPoolExecutor(3) as pool:
        primes = [n for n, prime in zip(range(100), pool.map(is_prime, range(100), chunksize=10)) if prime]
    assert len(primes) == 25 and primes[-1] == 97
    print("ok")
