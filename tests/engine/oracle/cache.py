"""Cache: real keys, four ways to choose who goes, a life from the put, and a database that it may stand in front of."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.engine.oracle.access import Access
from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Program, Request, Steps, draw
from tests.engine.oracle.flights import Flights
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


Operation = Callable[[Request], Steps[Answer]]


@dataclass
class Entry:
    version: int
    put: int
    """The numbers of the operation that put it here and of the one that used it last."""
    used: int
    uses: int
    good_until: float
    life: float


class Cache(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.threads = Station(self.env, parameters["threads"], self.queue)
        self.entries: dict[int, Entry] = {}
        self.operations = 0
        self.hits = self.misses = 0
        self.behind: dict[str, Access] = {}
        self.flights = Flights(self.env)
        self.given: Counter[int] = Counter()  # the newest version of each key that a write got here
        self.writes_lost = 0
        self.lives = 0
        self.programs = {
            "get": self._served(self._get),
            "put": self._served(self._put),
            "delete": self._served(self._delete),
            "write": self._served(self._write),
        }

    def connect(self, target_name: str, wire: Wire) -> None:
        self.behind.setdefault(target_name, self.world.access(target_name)).wires.append(wire)

    @property
    def database(self) -> Access:
        return next(iter(self.behind.values()))

    def _served(self, operation: Operation) -> Program:
        def program(request: Request) -> Steps[Answer]:
            p = self.parameters
            if self.connections.is_full():
                return Answer("connection_limit")
            with self.connections.take() as connection:
                yield from connection
                yield from self.threads.serve(draw(self.luck, p["operation_distribution"], p["operation_ms"] * MS, p["operation_cv"]))
                return (yield from operation(request))

        return program

    def _get(self, request: Request) -> Steps[Answer]:
        self.operations += 1
        entry = self.entries.get(request.key)
        if entry is None or self.env.now > entry.good_until:
            self.misses += 1
            self.entries.pop(request.key, None)
            if not self.behind:
                return Answer()
            return (yield from self._read_through(request))
        self.hits += 1
        entry.used = self.operations
        entry.uses += 1
        if self.parameters["ttl_slides"]:
            entry.good_until = self.env.now + entry.life
        return Answer(version=entry.version, hit=True, size_kb=request.wanted_kb or self.parameters["value_kb"])

    def _read_through(self, request: Request) -> Steps[Answer]:
        if not self.parameters["single_flight"]:
            return (yield from self._fetch(request))
        return (yield from self.flights.share(request.key, self._fetch(request)))

    def _fetch(self, request: Request) -> Steps[Answer]:
        answer = yield from self.database.ask("read", request)
        if answer.ok:
            self._store(request.key, answer.version)
            return Answer(version=answer.version, hit=True, size_kb=request.wanted_kb or self.parameters["value_kb"])
        return answer

    def _put(self, request: Request) -> Steps[Answer]:
        self._store(request.key, request.version)
        return Answer()
        yield

    def _store(self, key: int, version: int) -> None:
        self.operations += 1
        p = self.parameters
        if key not in self.entries and len(self.entries) >= p["capacity_keys"]:
            del self.entries[self._victim()]
        life = p["ttl_s"] * (1 + p["ttl_jitter"] * self.luck.uniform(-1, 1)) if p["ttl_s"] else float("inf")
        fresh = Entry(version, self.operations, self.operations, 0, self.env.now + life, life)
        if known := self.entries.get(key):  # one use more, and its turn stays
            fresh.put, fresh.uses = known.put, known.uses + 1
        self.entries[key] = fresh

    def _victim(self) -> int:
        keys = list(self.entries)
        if self.parameters["eviction"] == "random":
            return self.luck.choice(keys)
        orders: dict[str, Callable[[int], tuple[int, ...]]] = {
            "lru": lambda key: (self.entries[key].used,),
            "lfu": lambda key: (self.entries[key].uses, self.entries[key].used),
            "fifo": lambda key: (self.entries[key].put,),
        }
        return min(keys, key=orders[self.parameters["eviction"]])

    def _delete(self, request: Request) -> Steps[Answer]:
        self.entries.pop(request.key, None)
        return Answer()
        yield

    def _write(self, request: Request) -> Steps[Answer]:
        """In front of a database: through, around, or back."""
        if self.parameters["writes"] == "back":
            self.given[request.key] = max(self.given[request.key], self.world.acknowledged[request.key]) + 1
            later = replace(request, version=self.given[request.key])
            self._store(request.key, later.version)
            self.env.process(self._write_back(later, self.lives))
            return Answer(version=later.version)
        answer = yield from self.database.ask("write", request)
        if answer.ok and self.parameters["writes"] == "through":
            self._store(request.key, answer.version)
        elif answer.ok:
            self.entries.pop(request.key, None)
        return answer

    def _write_back(self, request: Request, life: int) -> Steps[None]:
        """Tried once, unless the link has retries; the version goes with the write."""
        yield self.env.timeout(self.parameters["write_back_delay_ms"] * MS)
        if life == self.lives:
            yield from self.database.ask("write", request)

    def forget(self) -> None:
        self.lives += 1
        self.entries.clear()
        self.flights.forget()
        for key, given in self.given.items():
            stored = self.database.newest(key)
            self.writes_lost += max(0, given - stored)
            self.given[key] = min(given, stored)
            if given > stored:
                self.world.acknowledged[key] = min(self.world.acknowledged[key], stored)

    def resources(self) -> list[float]:
        return [self.threads.utilisation(), self.connections.utilisation()]

    def report(self) -> dict[str, float]:
        return super().report() | {"hits": self.hits, "misses": self.misses}
