"""Databases: what a read, a write and a replicated write cost at one machine. What they do together is in cluster.py."""

from collections import OrderedDict
from contextlib import ExitStack
from typing import TYPE_CHECKING

import simpy

from tests.engine.oracle.basics import MS, Answer, Parameters, Pool, Request, Steps, draw, tail_of
from tests.engine.oracle.cluster import Member, Rules, Write
from tests.engine.oracle.stations import Station

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

CHECK_CPU_S = 0.1 * MS


class Node(Member):
    """One database machine, primary or replica."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        p = parameters
        self.connections = Pool(self.env, p["max_connections"], p["connection_queue_limit"], self.queue)
        self.cpu = Station(self.env, p["cores"], self.queue)
        self.disk = Station(self.env, p["disk_queue_depth"], self.queue)
        self.in_memory: OrderedDict[int, None] = OrderedDict()
        self.locks: dict[int, simpy.Resource] = {}
        self.received = simpy.Store(self.env)
        self.unapplied: list[Write] = []
        self.programs = {"read": self._read, "write": self._write, "check": self._check, "get": self._move, "put": self._move}

    def rules(self) -> Rules:
        p = self.parameters
        return Rules(
            reads_replicas=p["reads_from"] == "replicas",
            replication=p["replication"],
            some=p["semi_synchronous_replicas"],
            batch_s=p["replication_batch_ms"] * MS,
            automatic=p["automatic_failover"],
            promotion_needs_majority=p["promotion_needs_majority"],
            stops_without_majority=p["stops_without_majority"],
            unhealthy_threshold=p["unhealthy_threshold"],
            healthy_threshold=p["healthy_threshold"],
        )

    def start(self) -> None:
        self.applier = self.env.process(self._apply_in_order())

    def _read(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.connections.is_full():
            return Answer("pool_exhausted")
        with self.connections.take() as connection:
            yield from connection
            work = draw(self.luck, p["service_distribution"], p["read_ms"] * MS * request.cost, p["service_cv"], tail_of(p, "service"))
            yield from self._bring_to_memory(request.key)
            yield from self.cpu.serve(work)
            return Answer(version=self.versions[request.key], size_kb=request.wanted_kb or self._row_kb())

    def _row_kb(self) -> float:
        """Of a document, what the one that leads says."""
        return float(self.cluster.settings.get("document_kb", self.parameters.get("row_kb", 0.0)))

    def _write(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self not in self.cluster.acting():
            return Answer("not_primary")
        if self.connections.is_full():
            return Answer("pool_exhausted")
        with self.connections.take() as connection, ExitStack() as until_the_end:
            yield from connection
            if self.cluster.settings.get("lock_rows"):
                yield until_the_end.enter_context(self._lock(request.key).request())
                self.env.in_time()
            yield from self._bring_to_memory(request.key)
            work = draw(self.luck, p["service_distribution"], p["write_ms"] * MS * request.cost, p["service_cv"], tail_of(p, "service"))
            yield from self.cpu.serve(work)
            return Answer("disk_full") if self.disk_full else (yield from self._commit(request))

    def _commit(self, request: Request) -> Steps[Answer]:
        """A write that a cache has held back brings its version along."""
        version = request.version or self.versions[request.key] + 1
        self.versions[request.key] = max(self.versions[request.key], version)
        cause = yield from self.cluster.replicate(self, request.key, version)
        return Answer(cause) if cause is not None else Answer(version=version)

    def _lock(self, key: int) -> simpy.Resource:
        return self.locks.setdefault(key, simpy.Resource(self.env))

    def _bring_to_memory(self, key: int) -> Steps[None]:
        p = self.parameters
        memory_gb = max(0.0, p["buffer_gb"] - p["max_connections"] * p.get("connection_memory_mb", 0.0) / 1024)
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

    def take(self, write: Write) -> None:
        self.unapplied.append(write)
        self.received.put(write)

    def unapplied_writes(self) -> int:
        return len(self.unapplied)

    def _apply_in_order(self) -> Steps[None]:
        try:
            while True:
                write = yield self.received.get()
                yield from self.cpu.serve(self.parameters["apply_ms"] * MS)
                self.unapplied.remove(write)
                if self.disk_full:
                    self.failed += 1
                    write.answer.succeed("disk_full")
                else:
                    self.applied(write)
        except simpy.Interrupt:
            pass

    def forget(self) -> None:
        """What it committed or applied stays; what it had only received is gone."""
        super().forget()
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
        super().come_back()

    def recovery_s(self, source: Member) -> float:
        return float(self.missed(source) * self.parameters["apply_ms"] * MS)

    def leaking(self) -> list[Pool]:
        return [self.connections]

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.disk.utilisation(), self.connections.utilisation()]


class DocumentNode(Node):
    """The first member of a replica set: it decides by majority, and by the time since the last heartbeat."""

    def rules(self) -> Rules:
        p = self.parameters
        return Rules(
            reads_replicas=p["read_preference"] == "secondary",
            replication="majority" if p["write_concern"] == "majority" else "asynchronous",
            batch_s=p["replication_batch_ms"] * MS,
            promotion_needs_majority=True,
            stops_without_majority=True,
            election_timeout_s=p["election_timeout_s"],
        )
