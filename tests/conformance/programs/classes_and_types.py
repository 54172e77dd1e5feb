# about: classes, protocols, enums, descriptors, metaclasses, generators, context managers, pattern matching
# outcome: OUTCOME_OK
# stdout: ok
import abc
import contextlib
import enum
import typing
from dataclasses import dataclass


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


@dataclass(frozen=True, order=True)
class Square(Shape):
    side: float

    def area(self):
        return self.side**2


class Colour(enum.Flag):
    RED = enum.auto()
    BLUE = enum.auto()


class Meta(type):
    def __new__(cls, name, bases, body):
        body["tag"] = name.lower()
        return super().__new__(cls, name, bases, body)


class Thing(metaclass=Meta):
    pass


def numbers():
    received = yield 1
    yield received


@contextlib.contextmanager
def opened():
    yield "inside"


def describe(value):
    match value:
        case {"kind": "circle", "r": float() | int() as radius}:
            return f"circle {radius}"
        case [first, *rest]:
            return f"{first} and {len(rest)} more"
        case Square(side=side) if side > 2:
            return "large"
        case _:
            return "other"


try:
    Shape()
except TypeError:
    pass
assert Square(3).area() == 9 and Square(1) < Square(2)
assert Colour.RED | Colour.BLUE == Colour(3) and Thing.tag == "thing"
generator = numbers()
assert next(generator) == 1 and generator.send(5) == 5
with opened() as value:
    assert value == "inside"
assert [describe(v) for v in ({"kind": "circle", "r": 2}, [1, 2, 3], Square(5), 0)] == [
    "circle 2", "1 and 2 more", "large", "other"]
assert typing.get_type_hints(Square) == {"side": float}
try:
    raise ExceptionGroup("many", [ValueError(1), TypeError(2)])
except* ValueError as group:
    assert len(group.exceptions) == 1
except* TypeError:
    pass
print("ok")
