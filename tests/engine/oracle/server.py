"""Server: a worker, memory, CPU, what it asks of others, and the way out through its network card."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import simpy

from tests.engine.oracle.basics import MS, Answer, Level, Parameters, Part, Pool, Request, Steps, draw
from tests.engine.oracle.database import Cluster
from tests.engine.oracle.stations import Station, station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class Memory:
    """So many megabytes; who finds too little free waits, and nobody overtakes."""

    def __init__(self, env: simpy.Environment, capacity_mb: float, queue: Level) -> None:
        self.capacity_mb = capacity_mb
        self.free = simpy.Container(env, capacity_mb, init=capacity_mb)
        self.queue = queue
        self.held_mb = Level(env)

    @contextmanager
    def take(self, amount_mb: float) -> Iterator[Steps[None]]:
        """`with memory.take(mb) as share: yield from share` waits for it and holds it to the end of the block."""
        asked = self.free.get(amount_mb)
        with ExitStack() as until_the_end:
            try:
                yield self._wait(asked, amount_mb, until_the_end)
            finally:
                if asked.triggered:
                    self.free.put(amount_mb)
                else:
                    asked.cancel()

    def _wait(self, asked: simpy.Event, amount_mb: float, until_the_end: ExitStack) -> Steps[None]:
        with self.queue.during():
            yield asked
        until_the_end.enter_context(self.held_mb.during(amount_mb))

    def utilisation(self) -> float:
        return self.held_mb.mean() / self.capacity_mb


class Server(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.workers = Pool(self.env, parameters["workers"], parameters["queue_limit"], self.queue)
        self.memory = Memory(self.env, parameters["memory_mb"], self.queue)
        self.cpu = station(self.env, parameters["cores"], self.queue, parameters["discipline"])
        self.card = Station(self.env, 1, Level(self.env))
        self.caches: list[Wire] = []
        self.databases: list[tuple[Wire, Cluster]] = []
        self.services: list[Wire] = []
        self.place = 0
        self.programs = {"read": self._work, "write": self._work, "check": self._check}

    def _work(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.workers.is_full():
            return Answer("queue_full")
        with self.workers.take() as worker:
            yield from worker
            if not p["request_memory_mb"]:
                return (yield from self._with_memory(request))
            if p["request_memory_mb"] > p["memory_mb"]:
                return Answer("out_of_memory")
            with self.memory.take(p["request_memory_mb"]) as memory:
                yield from memory
                return (yield from self._with_memory(request))

    def _with_memory(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        seconds = draw(self.luck, p["service_distribution"], p["service_ms"] * MS, p["service_cv"])
        yield from self.cpu.serve(seconds, is_write=not request.is_read)
        answer = yield from (self._read(request) if request.is_read else self._write(request))
        if answer.ok and self.services:
            found = answer
            answer = yield from self._ask_service(request)
            answer = Answer(answer.cause, max(found.version, answer.version))
        if answer.ok:
            yield from self._send()
        return Answer(answer.cause, answer.version, size_kb=p["response_kb"] if answer.ok else 0.0)

    def _read(self, request: Request) -> Steps[Answer]:
        """Cache-aside: look there, else in the database, and leave the value in the cache."""
        if self.caches:
            found = yield from self.caches[0].call("get", request)
            if found.ok and found.hit:
                return found
        if not self.databases:
            return Answer()
        wire, cluster = self.databases[0]
        answer = yield from wire.call_part(cluster.for_read(), "read", request)
        if answer.ok and self.caches and found.ok:
            yield from self.caches[0].call("put", replace(request, version=answer.version))
        return answer

    def _write(self, request: Request) -> Steps[Answer]:
        answer = Answer()
        if self.databases:
            wire, cluster = self.databases[0]
            answer = yield from wire.call_part(cluster.primary, "write", request)
        if answer.ok and self.caches:
            yield from self.caches[0].call("delete", request)
        return answer

    def _ask_service(self, request: Request) -> Steps[Answer]:
        wire = self.services[self.place % len(self.services)]
        self.place += 1
        return (yield from wire.call(request.verb, request))

    def _send(self) -> Steps[None]:
        speed = self.parameters["network_mbit_s"]
        if speed:
            yield from self.card.serve(8 * self.parameters["response_kb"] / (1000 * speed))

    def _check(self, request: Request) -> Steps[Answer]:
        if self.workers.is_full():
            return Answer("queue_full")
        with self.workers.take() as worker:
            yield from worker
            yield from self.cpu.serve(self.parameters["health_check_ms"] * MS)
        return Answer()

    def resources(self) -> list[float]:
        stations = [self.cpu.utilisation(), self.card.utilisation()]
        return [*stations, self.workers.utilisation(), self.memory.utilisation()]
