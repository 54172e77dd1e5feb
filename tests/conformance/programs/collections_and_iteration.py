# about: collections, itertools, functools, operator, heapq, bisect, graphlib
# outcome: OUTCOME_OK
# stdout: ok
import bisect
import functools
import heapq
import itertools
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from graphlib import TopologicalSorter
from operator import itemgetter

assert Counter("mississippi").most_common(1) == [("i", 4)]
groups = defaultdict(list)
groups["a"].append(1)
ring = deque(range(5), maxlen=3)
assert list(ring) == [2, 3, 4]
Point = namedtuple("Point", "x y")
assert Point(1, 2)._replace(x=5) == (5, 2)
assert list(itertools.accumulate([1, 2, 3])) == [1, 3, 6]
assert len(list(itertools.permutations("abcd"))) == 24
assert [k for k, _ in itertools.groupby("aabbb")] == ["a", "b"]


@functools.lru_cache(maxsize=None)
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


assert fibonacci(90) == 2880067194370816120
assert heapq.nsmallest(2, [5, 1, 4]) == [1, 4] and bisect.bisect([1, 3, 5], 4) == 2
assert list(TopologicalSorter({"b": {"a"}, "c": {"b"}}).static_order()) == ["a", "b", "c"]
assert sorted([("b", 1), ("a", 2)], key=itemgetter(0))[0] == ("a", 2)
assert ChainMap({"a": 1}, {"a": 2})["a"] == 1 and list(OrderedDict(a=1)) == ["a"]
print("ok")
