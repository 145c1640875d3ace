"""Shard router: which database has a key, reads that ask all of them, keys that move when the rule changes."""

from typing import TYPE_CHECKING

from tests.engine.oracle.access import ClusterAccess
from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Request, Steps
from tests.engine.oracle.cluster import AGAIN_S
from tests.engine.oracle.ring import ring_of, spread
from tests.engine.oracle.stations import Station
from tests.engine.oracle.waiting import all_answers
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class ShardRouter(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.shards: list[ClusterAccess] = []
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.cpu = Station(self.env, parameters["cores"], self.queue)
        self.programs = {"read": self._pass_on, "write": self._pass_on}

    def connect(self, target_name: str, wire: Wire) -> None:
        shard = ClusterAccess(self.world, self.world.clusters[target_name])
        shard.wires.append(wire)
        shard.cluster.shard_of = self, len(self.shards)
        self.shards.append(shard)

    def start(self) -> None:
        self.used = list(range(len(self.shards)))
        self.has = self.wanted = self._plan()

    def _plan(self) -> list[int]:
        return [self.used[self._place(key)] for key in range(self.world.keys)]

    def _place(self, key: int) -> int:
        """Which of the shards that are there the rule wants to have a key."""
        many, keys = len(self.used), self.world.keys
        rule = self.parameters["sharding"]
        values = self.parameters["shard_key_values"]
        if 0 < values < keys:
            key, keys = key * values // keys, values
        if rule == "modulo":
            return spread(f"key {key}") % many
        if rule == "range":
            return key * many // keys
        return ring_of(many).owner(key)

    def shard_of(self, key: int) -> ClusterAccess:
        return self.shards[self.has[key]]

    def newest(self, key: int) -> int:
        return max(shard.newest(key) for shard in self.shards)

    # When the rule or the shards change

    def change_rule(self, sharding: str) -> None:
        self.parameters = self.parameters | {"sharding": sharding}
        self._rearrange()

    def begin_with(self, many: int) -> None:
        """The run begins with the first so many of those that are linked."""
        self.used = list(range(many))
        self.has = self.wanted = self._plan()

    def use(self, many: int) -> None:
        """From now on the first so many are there. What was elsewhere is at once where it shall be."""
        self.used = list(range(many))
        self._rearrange()

    def _rearrange(self) -> None:
        self.wanted = self._plan()
        gone = [key for key, shard in enumerate(self.has) if shard not in self.used]
        self.has = [self.wanted[key] if shard not in self.used else shard for key, shard in enumerate(self.has)]
        for key in gone:
            self._settle(key, self.has[key])
        self.env.process(self._move())

    def _move(self) -> Steps[None]:
        """The first key that is elsewhere than it shall be says which way is next."""
        p = self.parameters
        while left := [key for key, shard in enumerate(self.has) if shard != self.wanted[key]]:
            old, new = self.has[left[0]], self.wanted[left[0]]
            batch = [key for key in left if (self.has[key], self.wanted[key]) == (old, new)][: p["move_batch"]]
            moved = yield from self._move_batch(batch, old, new)
            yield self.env.timeout(p["move_pause_ms"] * MS if moved else max(p["move_pause_ms"] * MS, AGAIN_S))

    def _move_batch(self, keys: list[int], old: int, new: int) -> Steps[bool]:
        for shard, verb in ((old, "get"), (new, "put")):
            answer = yield from self.shards[shard].ask_primary(verb, Request(cost=len(keys)))
            if not answer.ok:
                return False
        for key in keys:
            self.has[key] = new
            self._settle(key, new)
            for member in self.shards[old].cluster.members:
                member.give_away(key)
        return True

    def _settle(self, key: int, new: int) -> None:
        """All members of a shard have a key, with its newest version."""
        version = max(self.world.acknowledged[key], *(self.shards[shard].newest(key) for shard in self.used))
        for member in self.shards[new].cluster.members:
            member.receive_key(key, version)

    def _pass_on(self, request: Request) -> Steps[Answer]:
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self.cpu.serve(self.parameters["processing_ms"] * MS)
            if request.is_read and self.luck.random() < self.parameters["scatter_ratio"]:
                return (yield from all_answers(self.env, [self.shards[shard].ask_primary("read", request) for shard in self.used]))
            shard = self.shard_of(request.key)
            if request.is_read and self.parameters["reads_from"] == "replicas":
                return (yield from shard.ask("read", request))
            return (yield from shard.ask_primary(request.verb, request))

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.connections.utilisation()]
