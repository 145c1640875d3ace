"""Shard router: which database has a key, reads that ask all of them, keys that move when the rule changes."""

from typing import TYPE_CHECKING

from tests.engine.oracle.access import ClusterAccess
from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Request, Steps
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
        self.shards.append(shard)

    def start(self) -> None:
        self.has = [self._wanted(key) for key in range(self.world.keys)]

    def _wanted(self, key: int) -> int:
        """Which shard the rule wants to have a key."""
        many, keys = len(self.shards), self.world.keys
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

    def change_rule(self, sharding: str) -> None:
        self.parameters = self.parameters | {"sharding": sharding}
        self.env.process(self._move())

    def _move(self) -> Steps[None]:
        """Keys with the same way in batches, one batch after the other."""
        ways: dict[tuple[int, int], list[int]] = {}
        for key, shard in enumerate(self.has):
            if self._wanted(key) != shard:
                ways.setdefault((shard, self._wanted(key)), []).append(key)
        size = self.parameters["move_batch"]
        for (old, new), keys in ways.items():
            for begin in range(0, len(keys), size):
                yield from self._move_batch(keys[begin : begin + size], old, new)
                yield self.env.timeout(self.parameters["move_pause_ms"] * MS)

    def _move_batch(self, keys: list[int], old: int, new: int) -> Steps[None]:
        for shard, verb in ((old, "get"), (new, "put")):
            yield from self.shards[shard].ask_primary(verb, Request(cost=len(keys)))
        for key in keys:
            self.shards[new].cluster.primary.versions[key] = self.shards[old].cluster.primary.versions[key]
            self.has[key] = new

    def _pass_on(self, request: Request) -> Steps[Answer]:
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self.cpu.serve(self.parameters["processing_ms"] * MS)
            if request.is_read and self.luck.random() < self.parameters["scatter_ratio"]:
                return (yield from all_answers(self.env, [shard.ask_primary("read", request) for shard in self.shards]))
            shard = self.shard_of(request.key)
            if request.is_read and self.parameters["reads_from"] == "replicas":
                return (yield from shard.ask("read", request))
            return (yield from shard.ask_primary(request.verb, request))

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.connections.utilisation()]
