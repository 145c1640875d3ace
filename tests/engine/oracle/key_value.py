"""Key-value store: all keys in memory, one after the other on its threads, and what a crash leaves of it."""

import math
from collections import Counter
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Request, Steps, draw
from tests.engine.oracle.designs import INNER_LINK
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Lane, Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class KeyValue(Part):
    """A store without replicas."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        p = parameters
        self.connections = Pool(self.env, p["max_connections"], 0, self.queue)
        self.threads = Station(self.env, p["threads"], self.queue)
        self.room = min(world.keys, math.ceil(world.keys * p["memory_gb"] / p["data_gb"]))
        self.held = dict.fromkeys(self.luck.sample(range(world.keys), self.room))  # the least recently used first
        self.versions: Counter[int] = Counter()
        self.on_disk: tuple[list[int], Counter[int]] = ([], Counter())
        if p["persistence"] != "none":
            self._keep()
        self.loads_until = 0.0
        self.writes_lost = 0
        self.programs = {"read": self._read, "write": self._write, "snapshot": self._pause}

    def start(self) -> None:
        self.inner = Wire(self, self, self.name, INNER_LINK, (Lane(self.world, INNER_LINK), Lane(self.world, INNER_LINK)))
        self.env.process(self._look_after_disk())

    def _keep(self) -> None:
        self.on_disk = list(self.held), self.versions.copy()

    def _look_after_disk(self) -> Steps[None]:
        last, how = 0.0, self.parameters["persistence"]
        while True:
            yield self.env.timeout(1.0)
            if not self.alive or self._loads():
                continue
            if how == "log_each_second":
                self._keep()
            elif how == "snapshots" and self.env.now >= last + self.parameters["snapshot_s"]:
                last = self.env.now
                answer = yield from self.inner.call("snapshot", Request(False))
                if answer.ok:
                    self._keep()

    def _loads(self) -> bool:
        return self.env.now < self.loads_until

    def _gigabytes(self, keys: int) -> float:
        return float(self.parameters["data_gb"] * keys / self.world.keys)

    def _pause(self, request: Request) -> Steps[Answer]:
        yield from self.threads.serve(self._gigabytes(len(self.held)) * self.parameters["fork_ms_per_gb"] * MS)
        return Answer()

    def _operate(self, request: Request) -> Steps[None]:
        p = self.parameters
        if not request.is_read and p["persistence"] == "log_each_write":
            yield from self.threads.serve(p["flush_ms"] * MS)
        seconds = draw(self.luck, p["operation_distribution"], p["operation_ms"] * MS, p["operation_cv"])
        yield from self.threads.serve(seconds * request.cost)

    def _use(self, key: int) -> None:
        self.held.pop(key, None)
        self.held[key] = None

    def _read(self, request: Request) -> Steps[Answer]:
        if self._loads():
            return Answer("refused")
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self._operate(request)
            if request.key not in self.held:
                return Answer()
            self._use(request.key)
            return Answer(version=self.versions[request.key], size_kb=self.parameters["row_kb"])

    def _write(self, request: Request) -> Steps[Answer]:
        if self._loads():
            return Answer("refused")
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self._operate(request)
            if request.key not in self.held and len(self.held) >= self.room:
                if self.parameters["when_full"] == "refuse":
                    return Answer("out_of_memory")
                del self.held[next(iter(self.held))]
            self._use(request.key)
            self.versions[request.key] += 1
            return Answer(version=self.versions[request.key])

    def forget(self) -> None:
        if self.parameters["persistence"] == "log_each_write":
            self._keep()
        self.held.clear()
        self.versions = self.on_disk[1].copy()

    def come_back(self) -> None:
        self.loads_until = self.env.now + self._gigabytes(len(self.on_disk[0])) * self.parameters["load_s_per_gb"]
        self.env.process(self._load(self.loads_until))

    def _load(self, until: float) -> Steps[None]:
        yield self.env.timeout(until - self.env.now)
        self.held = dict.fromkeys(self.on_disk[0])
        for key, newest in list(self.world.acknowledged.items()):
            self.writes_lost += max(0, newest - self.versions[key])
            self.world.acknowledged[key] = min(newest, self.versions[key])

    def resources(self) -> list[float]:
        return [self.threads.utilisation(), self.connections.utilisation()]
