# about: pickle, shelve, dbm, copy
# outcome: OUTCOME_OK
# stdout: ok
import copy
import dbm.dumb
import pickle
import shelve
from dataclasses import dataclass, field


@dataclass
class Player:
    name: str
    scores: list = field(default_factory=list)


player = Player("Ada", [1, 2])
assert pickle.loads(pickle.dumps(player)) == player
deep = copy.deepcopy(player)
deep.scores.append(3)
assert player.scores == [1, 2]
with shelve.open("players") as shelf:
    shelf["ada"] = player
with shelve.open("players") as shelf:
    assert shelf["ada"] == player
with dbm.dumb.open("cache", "c") as cache:
    cache[b"k"] = b"v"
print("ok")
