# about: math, cmath, statistics and random
# outcome: OUTCOME_OK
# stdout: ok
import cmath
import math
import random
import statistics

assert math.isclose(math.sin(math.pi / 6), 0.5) and math.comb(10, 3) == 120 and math.gcd(12, 18) == 6
assert cmath.isclose(cmath.exp(1j * cmath.pi), -1, abs_tol=1e-12)
assert statistics.median([3, 1, 2]) == 2 and statistics.stdev([1, 2, 3, 4]) > 1.29
generator = random.Random(42)
assert [generator.randint(1, 6) for _ in range(5)] == [6, 1, 1, 6, 3]
random.seed(1)
assert round(random.random(), 6) == 0.134364
assert math.inf > 10**400 and math.isnan(math.nan)
assert math.dist((0, 0), (3, 4)) == 5 and math.prod([2, 3, 7]) == 42
print("ok")
