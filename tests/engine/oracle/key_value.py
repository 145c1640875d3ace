"""Key-value store: all keys in memory, one after the other on its threads, what a crash leaves of it, and the replicas that follow."""

import math
from collections import Counter
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Parameters, Pool, Request, Steps, draw
from tests.engine.oracle.cluster import Member, Rules, Write
from tests.engine.oracle.designs import INNER_LINK
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Lane, Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class KeyValue(Member):
    """One machine, primary or replica."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        p = parameters
        self.connections = Pool(self.env, p["max_connections"], 0, self.queue)
        self.threads = Station(self.env, p["threads"], self.queue)
        self.room = min(world.keys, math.ceil(world.keys * p["memory_gb"] / p["data_gb"]))
        self.held: dict[int, None] = {}  # the least recently used first
        self.on_disk: tuple[list[int], Counter[int]] = ([], Counter())
        self.loads_until = 0.0
        self.applying: list[Write] = []
        self.programs = {"read": self._read, "write": self._write, "check": self._check, "snapshot": self._pause}
        self.programs |= {"get": self._move, "put": self._move}

    def rules(self) -> Rules:
        p = self.parameters
        return Rules(
            reads_replicas=p["reads_from"] == "replicas",
            automatic=p["automatic_failover"],
            unhealthy_threshold=p["unhealthy_threshold"],
            healthy_threshold=p["healthy_threshold"],
        )

    def start(self) -> None:
        lowest = [key for key in self.world.numbering if self.cluster.is_to_hold(key)]
        self.held = dict.fromkeys(lowest[: self.room])
        if self.parameters["persistence"] != "none":
            self._keep()
        self.inner = Wire(self, self, self.name, INNER_LINK, (Lane(self.world, INNER_LINK), Lane(self.world, INNER_LINK)))
        self.env.process(self._look_after_disk())

    # The disk

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

    # Requests

    def _operate(self, cost: float = 1.0) -> Steps[None]:
        p = self.parameters
        yield from self.threads.serve(draw(self.luck, p["operation_distribution"], p["operation_ms"] * MS, p["operation_cv"]) * cost)

    def _use(self, key: int) -> None:
        self.held.pop(key, None)
        self.held[key] = None

    def _hold(self, key: int) -> None:
        """It takes room; when there is none, the least recently used goes."""
        if key not in self.held and len(self.held) >= self.room:
            del self.held[next(iter(self.held))]
        self._use(key)

    def _read(self, request: Request) -> Steps[Answer]:
        if self._loads():
            return Answer("refused")
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self._operate(request.cost)
            if request.key not in self.held:
                return Answer()
            self._use(request.key)
            return Answer(version=self.versions[request.key], size_kb=request.wanted_kb or self.parameters["row_kb"])

    def _write(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self._loads():
            return Answer("refused")
        if self not in self.cluster.acting():
            return Answer("not_primary")
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            if p["persistence"] == "log_each_write":
                yield from self.threads.serve(p["flush_ms"] * MS)
            yield from self._operate(request.cost)
            if self.cluster.settings["when_full"] == "refuse" and request.key not in self.held and len(self.held) >= self.room:
                return Answer("out_of_memory")
            self._hold(request.key)
            version = request.version or self.versions[request.key] + 1
            self.versions[request.key] = max(self.versions[request.key], version)
            yield from self.cluster.replicate(self, request.key, version)
            return Answer(version=version)

    def _check(self, request: Request) -> Steps[Answer]:
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self._operate()
            return Answer()

    def _move(self, request: Request) -> Steps[Answer]:
        yield from self._operate(request.cost)
        return Answer()

    # What a primary sends

    def take(self, write: Write) -> None:
        self.applying.append(write)
        self.env.process(self._apply(write))

    def unapplied_writes(self) -> int:
        return len(self.applying)

    def _apply(self, write: Write) -> Steps[None]:
        yield from self._operate()
        if write in self.applying:
            self.applying.remove(write)
            self._hold(write.key)
            self.applied(write)

    # Death and return

    def forget(self) -> None:
        if self.parameters["persistence"] == "log_each_write":
            self._keep()
        super().forget()
        self.failed += len(self.applying)
        self.applying.clear()
        self.held.clear()
        if self.cluster.primary is self:
            self.versions = self.on_disk[1].copy()

    def come_back(self) -> None:
        if self.cluster.primary is not self:
            super().come_back()
            return
        self.loads_until = self.env.now + self._gigabytes(len(self.on_disk[0])) * self.parameters["load_s_per_gb"]
        self.env.process(self._load(self.loads_until, self.lives))

    def _load(self, until: float, life: int) -> Steps[None]:
        yield self.env.timeout(until - self.env.now)
        if life != self.lives:
            return
        self.held = dict.fromkeys(self.on_disk[0])
        if self.cluster.primary is self:
            self.cluster.writes_lost += self.cluster.forget_lost()
            for member in self.cluster.members:
                if member is not self and member.alive:
                    self.cluster.came_back(member)

    def recovery_s(self, source: Member) -> float:
        """Whoever comes back without its memory copies everything."""
        assert isinstance(source, KeyValue)
        if self.held:
            return float(self.missed(source) * self.parameters["operation_ms"] * MS)
        return float(source._gigabytes(len(source.held)) * self.parameters["load_s_per_gb"])

    def copy(self, source: Member) -> None:
        assert isinstance(source, KeyValue)
        super().copy(source)
        self.held = dict.fromkeys(list(source.held)[-self.room :])

    def receive_key(self, key: int, version: int) -> None:
        super().receive_key(key, version)
        if len(self.held) < self.room:
            self._use(key)

    def give_away(self, key: int) -> None:
        self.held.pop(key, None)

    def leaking(self) -> list[Pool]:
        return [self.connections]

    def resources(self) -> list[float]:
        return [self.threads.utilisation(), self.connections.utilisation()]
