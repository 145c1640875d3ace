"""Cache: real keys, least recently used out, a time to live from the put."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Program, Request, Steps, draw
from tests.engine.oracle.stations import Station

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


Operation = Callable[[Request], Answer]


class Cache(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.threads = Station(self.env, parameters["threads"], self.queue)
        self.entries: OrderedDict[int, tuple[int, float]] = OrderedDict()
        self.hits = self.misses = 0
        self.programs = {
            "get": self._served(self._get),
            "put": self._served(self._put),
            "delete": self._served(self._delete),
        }

    def _served(self, operation: Operation) -> Program:
        def program(request: Request) -> Steps[Answer]:
            p = self.parameters
            if self.connections.is_full():
                return Answer("connection_limit")
            with self.connections.take() as connection:
                yield from connection
                yield from self.threads.serve(draw(self.luck, p["operation_distribution"], p["operation_ms"] * MS, p["operation_cv"]))
                return operation(request)

        return program

    def _get(self, request: Request) -> Answer:
        ttl = self.parameters["ttl_s"]
        version, put_at = self.entries.get(request.key, (None, 0.0))
        if version is None or (ttl and self.env.now - put_at > ttl):
            self.misses += 1
            return Answer()
        self.hits += 1
        self.entries.move_to_end(request.key)
        return Answer(version=version, hit=True, size_kb=self.parameters["value_kb"])

    def _put(self, request: Request) -> Answer:
        if request.key not in self.entries and len(self.entries) >= self.parameters["capacity_keys"]:
            self.entries.popitem(last=False)
        self.entries[request.key] = (request.version, self.env.now)
        self.entries.move_to_end(request.key)
        return Answer()

    def _delete(self, request: Request) -> Answer:
        self.entries.pop(request.key, None)
        return Answer()

    def forget(self) -> None:
        self.entries.clear()

    def resources(self) -> list[float]:
        return [self.threads.utilisation(), self.connections.utilisation()]

    def report(self) -> dict[str, float]:
        return super().report() | {"hits": self.hits, "misses": self.misses}
