# about: decimal, fractions, big integers and number formats
# outcome: OUTCOME_OK
# stdout: 3.1415926535897932384626433832795028841971693993751
# stdout: ok
from decimal import Decimal, getcontext, ROUND_HALF_UP
from fractions import Fraction

getcontext().prec = 50


def pi():
    three = Decimal(3)
    last, t, s, n, na, d, da = 0, three, 3, 1, 0, 0, 24
    while s != last:
        last = s
        n, na = n + na, na + 8
        d, da = d + da, da + 32
        t = (t * n) / d
        s += t
    return +s


print(pi())
assert Decimal("0.1") + Decimal("0.2") == Decimal("0.3")
assert Decimal("2.675").quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("2.68")
assert sum(Fraction(1, n) for n in range(1, 5)) == Fraction(25, 12)
assert 2**1000 % 10**9 == 668069376 and pow(3, -1, 7) == 5
assert f"{1234567.891:,.2f} {255:#x} {0.5:.0%}" == "1,234,567.89 0xff 50%"
print("ok")
