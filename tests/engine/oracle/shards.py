"""Shard router: which database has a key, and reads that ask all of them."""

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

    def shard_of(self, key: int) -> ClusterAccess:
        many = len(self.shards)
        rule = self.parameters["sharding"]
        if rule == "modulo":
            return self.shards[spread(f"key {key}") % many]
        if rule == "range":
            return self.shards[key * many // self.world.keys]
        return self.shards[ring_of(many).owner(key)]

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
