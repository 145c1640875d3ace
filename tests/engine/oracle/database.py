"""Databases: a primary and its replicas, what ships between them, and who takes over when one dies.

`Cluster` is what the nodes share: who is primary, who is in the read rotation, what was lost.
"""

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import simpy

from tests.engine.oracle.balancer import Streak
from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Request, Steps, draw
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Lane, Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

CHECK_CPU_S = 0.1 * MS
RECOVERY_AT_LEAST_S = 1.0


@dataclass(frozen=True)
class Write:
    key: int
    version: int
    committed_at: float
    answer: simpy.Event
    """Ends with None when the write is applied, else with the cause for which it never will be."""


def enough(env: simpy.Environment, waits: list[simpy.Process], wanted: int) -> Steps[str | None]:
    """Wait until so many have ended with None; else the cause of the first failure, as soon as that cannot be any more."""
    causes: list[str] = []
    passed = 0
    pending = list(waits)
    while passed < wanted and len(causes) <= len(waits) - wanted:
        yield simpy.AnyOf(env, pending)
        for wait in [wait for wait in pending if wait.triggered]:
            pending.remove(wait)
            passed += wait.value is None
            causes += [wait.value] * (wait.value is not None)
    return None if passed >= wanted else causes[0]


class Node(Part):
    """One database machine, primary or replica."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        p = parameters
        self.cluster: Cluster
        self.connections = Pool(self.env, p["max_connections"], p["connection_queue_limit"], self.queue)
        self.cpu = Station(self.env, p["cores"], self.queue)
        self.disk = Station(self.env, p["disk_queue_depth"], self.queue)
        self.in_memory: OrderedDict[int, None] = OrderedDict()
        self.locks: dict[int, simpy.Resource] = {}
        self.versions: Counter[int] = Counter()
        self.received = simpy.Store(self.env)
        self.applied = 0
        self.unapplied: list[Write] = []
        self.lives = 0
        self.recovering = False
        self.lags_s: list[float] = []
        self.programs = {"read": self._read, "write": self._write, "check": self._check, "get": self._move, "put": self._move}

    def start(self) -> None:
        self.applier = self.env.process(self._apply_in_order())

    def _read(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.connections.is_full():
            return Answer("pool_exhausted")
        with self.connections.take() as connection:
            yield from connection
            yield from self._bring_to_memory(request.key)
            work = draw(self.luck, p["service_distribution"], p["read_ms"] * MS * request.cost, p["service_cv"])
            yield from self.cpu.serve(work)
            return Answer(version=self.versions[request.key], size_kb=p["row_kb"])

    def _write(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.cluster.primary is not self:
            return Answer("not_primary")
        if self.connections.is_full():
            return Answer("pool_exhausted")
        with self.connections.take() as connection, ExitStack() as until_the_end:
            yield from connection
            if self.cluster.settings["lock_rows"]:
                yield until_the_end.enter_context(self._lock(request.key).request())
                self.env.in_time()
            yield from self._bring_to_memory(request.key)
            work = draw(self.luck, p["service_distribution"], p["write_ms"] * MS * request.cost, p["service_cv"])
            yield from self.cpu.serve(work)
            return (yield from self._commit(request))

    def _commit(self, request: Request) -> Steps[Answer]:
        """A write that a cache has held back brings its version along."""
        version = request.version or self.versions[request.key] + 1
        self.versions[request.key] = max(self.versions[request.key], version)
        self.applied += 1
        cause = yield from self.cluster.replicate(self, request.key, version)
        if cause is not None:
            return Answer(cause)
        self.cluster.acknowledge(request.key, version)
        return Answer(version=version)

    def _lock(self, key: int) -> simpy.Resource:
        return self.locks.setdefault(key, simpy.Resource(self.env))

    def _bring_to_memory(self, key: int) -> Steps[None]:
        p = self.parameters
        memory_gb = max(0.0, p["buffer_gb"] - p["max_connections"] * p["connection_memory_mb"] / 1024)
        if p["data_gb"] <= memory_gb:
            return
        if key not in self.in_memory:
            yield from self.disk.serve(p["disk_read_ms"] * MS)
        self.in_memory[key] = None
        self.in_memory.move_to_end(key)
        if len(self.in_memory) > max(1.0, self.world.keys * memory_gb / p["data_gb"]):
            self.in_memory.popitem(last=False)

    def _check(self, request: Request) -> Steps[Answer]:
        if self.connections.is_full():
            return Answer("pool_exhausted")
        with self.connections.take() as connection:
            yield from connection
            yield from self.cpu.serve(CHECK_CPU_S)
            return Answer()

    def _move(self, request: Request) -> Steps[Answer]:
        """As many keys as it costs are read here, or written here, because another shard gets or had them."""
        yield from self.cpu.serve(self.parameters["apply_ms"] * MS * request.cost)
        return Answer()

    def hear_of(self, write: Write) -> None:
        """A replicated write has arrived over the wire; to one that is recovering or known to be dead none is sent."""
        if self.recovering or not (self.alive or self.cluster.health[self].inside):
            return
        self.arrived += 1
        if self.alive:
            self.unapplied.append(write)
            self.received.put(write)
            return
        self.failed += 1
        if self.killed_as == "process":
            write.answer.succeed("refused")

    def _apply_in_order(self) -> Steps[None]:
        try:
            while True:
                write: Write = yield self.received.get()
                yield from self.cpu.serve(self.parameters["apply_ms"] * MS)
                self.versions[write.key] = max(self.versions[write.key], write.version)
                self.applied += 1
                self.lags_s.append(self.env.now - write.committed_at)
                self.done += 1
                self.unapplied.remove(write)
                write.answer.succeed(None)
        except simpy.Interrupt:
            pass

    def forget(self) -> None:
        """What it committed or applied stays; what it had only received is gone."""
        self.lives += 1
        self.recovering = False
        self.in_memory.clear()
        self.failed += len(self.unapplied)
        if self.killed_as == "process":
            for write in self.unapplied:
                write.answer.succeed("crashed")
        self.unapplied.clear()
        self.received = simpy.Store(self.env)
        self.applier.interrupt()

    def come_back(self) -> None:
        self.applier = self.env.process(self._apply_in_order())
        if self.cluster.primary is self:
            self.cluster.primary_came_back = True
        else:
            self.env.process(self._recover())

    def _recover(self) -> Steps[None]:
        """Copy what was missed from the primary, then join the read rotation."""
        life = self.lives
        self.recovering = True
        health = self.cluster.health[self]
        health.inside = False
        missed = self.cluster.missed_by(self)
        yield self.env.timeout(max(RECOVERY_AT_LEAST_S, missed * self.parameters["apply_ms"] * MS))
        if life != self.lives:
            return
        self.recovering = False
        self.versions = Counter(self.cluster.primary.versions)
        self.applied = self.cluster.primary.applied
        health.inside = True
        health.against = 0

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.disk.utilisation(), self.connections.utilisation()]

    def report(self) -> dict[str, float]:
        lag = {"lag_ms": 1000 * sum(self.lags_s) / len(self.lags_s)} if self.lags_s else {}
        return super().report() | lag


class Cluster:
    """A `sql_database` with its replicas, seen as one by those who are linked to it."""

    def __init__(self, world: "World", first: Node) -> None:
        self.world = world
        self.env = world.env
        self.settings = first.parameters
        self.first = self.primary = first
        self.nodes = [first]
        self.wires: dict[Node, Wire] = {}
        self.lanes: dict[tuple[Node, Node], Lane] = {}
        self.health = {first: self._streak()}
        self.acknowledged: dict[int, set[int]] = defaultdict(set)
        self.given: Counter[int] = Counter()  # the newest version of a key that a cache in front has given
        self.writes_lost = 0
        self.failing_over = False
        self.primary_came_back = False
        self.place = 0
        first.cluster = self

    def next_version(self, key: int) -> int:
        self.given[key] = max(self.given[key], self.primary.versions[key]) + 1
        return self.given[key]

    def add_replica(self, node: Node, wire: Wire) -> None:
        node.cluster = self
        self.nodes.append(node)
        self.wires[node] = wire
        self.health[node] = self._streak()

    def _streak(self) -> Streak:
        return Streak(self.settings["unhealthy_threshold"], self.settings["healthy_threshold"])

    def start(self) -> None:
        if len(self.nodes) > 1:
            for node in self.nodes:
                self.env.process(self._watch(node))

    # Routing

    def _in_rotation(self) -> list[Node]:
        return [node for node in self.nodes if node is not self.primary and self.health[node].inside]

    def for_read(self) -> Node:
        replicas = self._in_rotation()
        if self.settings["reads_from"] == "primary" or not replicas:
            return self.primary
        self.place += 1
        return replicas[self.place % len(replicas)]

    # Replication

    def wire_between(self, one: Node, other: Node) -> Wire:
        """The replication link between two nodes: the one drawn to the replica of the two, else to the second."""
        return self.wires[other] if other in self.wires else self.wires[one]

    def _lane(self, sender: Node, receiver: Node) -> Lane:
        if (sender, receiver) not in self.lanes:
            self.lanes[sender, receiver] = Lane(self.world, self.wire_between(sender, receiver).parameters)
        return self.lanes[sender, receiver]

    def replicate(self, primary: Node, key: int, version: int) -> Steps[str | None]:
        """Why a replica that takes part did not confirm; None when all did, or when nobody waits for them."""
        write = (key, version, self.env.now)
        if self.settings["replication"] == "asynchronous":
            for node in self.nodes:
                if node is not primary:
                    self.env.process(self._ship_at_next_batch(primary, node, write))
            return None
        waits = [self.env.process(self._confirmed(primary, node, write)) for node in self._in_rotation()]
        wanted = len(waits)
        if self.settings["replication"] == "semi_synchronous":
            wanted = min(wanted, self.settings["semi_synchronous_replicas"])
        return (yield from enough(self.env, waits, wanted))

    def _ship_at_next_batch(self, primary: Node, node: Node, write: tuple[int, int, float]) -> Steps[None]:
        batch = self.settings["replication_batch_ms"] * MS
        life = primary.lives
        if batch:
            yield self.env.timeout(math.ceil(self.env.now / batch) * batch - self.env.now)
        if primary.lives == life:
            yield from self._ship(primary, node, Write(*write, self.env.event()))

    def _ship(self, primary: Node, node: Node, write: Write) -> Steps[None]:
        if (yield from self._lane(primary, node).carry_in_order(0.0)):
            node.hear_of(write)

    def _confirmed(self, primary: Node, node: Node, write: tuple[int, int, float]) -> Steps[str | None]:
        answered = self.env.event()
        self.env.process(self._ship_and_hear(primary, node, Write(*write, self.env.event()), answered))
        yield answered | self.env.timeout(self.wire_between(primary, node).timeout_s)
        return cast("str | None", answered.value) if answered.triggered else "replication_timeout"

    def _ship_and_hear(self, primary: Node, node: Node, write: Write, answered: simpy.Event) -> Steps[None]:
        yield from self._ship(primary, node, write)
        cause = yield write.answer
        if (yield from self._lane(node, primary).carry_in_order(0.0)):
            answered.succeed(cause)

    def acknowledge(self, key: int, version: int) -> None:
        self.acknowledged[key].add(version)

    # Watching and failing over

    def _watcher_of(self, node: Node) -> Node | None:
        """A replica is checked from the primary, the primary from the first replica that is alive."""
        if node is not self.primary:
            return self.primary if self.primary.alive else None
        return next((other for other in self.nodes if other is not node and other.alive), None)

    def _watch(self, node: Node) -> Steps[None]:
        interval = self.settings["health_check_interval_s"]
        yield self.env.timeout(interval * self.world.luck.random())
        while True:
            began = self.env.now
            watcher = self._watcher_of(node)
            if watcher is not None and not node.recovering:
                yield from self._check(watcher, node)
            yield self.env.timeout(max(0.0, began + interval - self.env.now))

    def _check(self, watcher: Node, node: Node) -> Steps[None]:
        wire = self.wire_between(watcher, node)
        patience = self.settings["health_check_timeout_ms"] * MS
        answer = yield from wire.call_part(node, "check", Request(), patience)
        if not watcher.alive or node.recovering:
            return
        health = self.health[node]
        health.hear(answer.ok)
        if node is self.primary and not health.inside and not self.failing_over:
            self.env.process(self._fail_over())

    def _fail_over(self) -> Steps[None]:
        candidates = [node for node in self._in_rotation() if node.alive]
        if not self.settings["automatic_failover"] or not candidates:
            return
        self.failing_over = True
        self.primary_came_back = False
        successor = max(candidates, key=lambda node: node.applied)
        yield self.env.timeout(self.settings["promotion_s"])
        self.failing_over = False
        if successor.alive and not self.primary_came_back:
            self._promote(successor)

    def _promote(self, successor: Node) -> None:
        self.writes_lost += sum(1 for key, version in self._all_acknowledged() if version > successor.versions[key])
        replaced, self.primary = self.primary, successor
        self.health[successor] = self._streak()
        if replaced.alive:
            self.env.process(replaced._recover())

    def _all_acknowledged(self) -> Iterator[tuple[int, int]]:
        return ((key, version) for key, versions in self.acknowledged.items() for version in versions)

    def missed_by(self, node: Node) -> int:
        return sum(max(0, version - node.versions[key]) for key, version in self.primary.versions.items())
