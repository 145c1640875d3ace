"""Server: a worker, memory, CPU, what it asks of others, and the way out through its network card."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import simpy

from tests.engine.oracle.basics import MS, Answer, Clock, Level, Parameters, Part, Pool, Request, Steps, draw, tail_of
from tests.engine.oracle.stations import Station, station
from tests.engine.oracle.wires import Wire
from tests.engine.oracle.wiring import Wiring

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


class Memory:
    """So many megabytes; who finds too little free waits, and nobody overtakes."""

    def __init__(self, env: Clock, capacity_mb: float, queue: Level) -> None:
        self.env = env
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
        has_waited = not asked.triggered
        with self.queue.during():
            yield asked
        if has_waited:
            self.env.in_time()
        until_the_end.enter_context(self.held_mb.during(amount_mb))

    def utilisation(self) -> float:
        return self.held_mb.mean() / self.capacity_mb


class Server(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.workers = Pool(self.env, parameters["workers"], parameters["queue_limit"], self.queue)
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.event_loops = Pool(self.env, parameters["event_loops"], math.inf, self.queue)
        self.memory = Memory(self.env, self._memory_for_requests(), self.queue)
        self.disk = Station(self.env, parameters["disk_parallel"], self.queue)
        self.versions: Counter[int] = Counter()
        self.cpu = station(self.env, parameters["cores"], self.queue, parameters["discipline"])
        self.card = Station(self.env, 1, Level(self.env), sends_late=True)
        self.card_in = Station(self.env, 1, Level(self.env), sends_late=True)
        self.wiring = Wiring(self)
        self.warm_at = 0.0
        self.cpu.slowness = self.disk.slowness = self.slowness
        self.programs = {"read": self._work, "write": self._work, "check": self._check}

    def connect(self, target_name: str, wire: Wire) -> None:
        self.wiring.add(target_name, wire)

    def _memory_for_requests(self) -> float:
        p = self.parameters
        return float(p["memory_mb"] - p["base_memory_mb"] - p["database_memory_mb"] * p["own_database"])

    def _work(self, request: Request) -> Steps[Answer]:
        yield from self._pass(self.card_in, request.sent_kb)
        return (yield from self._take_on(request, self._with_place))

    def _take_on(self, request: Request, work: Callable[[Request], Steps[Answer]]) -> Steps[Answer]:
        """A worker for as long as the request lasts; with an event loop, a connection."""
        looping = self.parameters["concurrency"] == "event_loop"
        places = self.connections if looping else self.workers
        if places.is_full():
            return Answer("connection_limit" if looping else "queue_full")
        with places.take() as place:
            yield from place
            return (yield from work(request))

    def _with_place(self, request: Request) -> Steps[Answer]:
        needed_mb = self.parameters["request_memory_mb"]
        if not needed_mb:
            return (yield from self._with_memory(request))
        if needed_mb > self._memory_for_requests():
            return Answer("out_of_memory")
        with self.memory.take(needed_mb) as memory:
            yield from memory
            return (yield from self._with_memory(request))

    def _run_code(self, seconds: float, is_write: bool = False, steady: bool = False) -> Steps[None]:
        """On a core; with an event loop, one request at a time for each loop."""
        if self.parameters["concurrency"] == "threads":
            yield from self.cpu.serve(seconds, is_write, steady)
            return
        with self.event_loops.take() as turn:
            yield from turn
            yield from self.cpu.serve(seconds, is_write, steady)

    def _cpu_seconds(self, mean_ms: float) -> float:
        p = self.parameters
        return draw(self.luck, p["service_distribution"], mean_ms * MS, p["service_cv"], tail_of(p, "service"))

    def come_back(self) -> None:
        self.warm_at = self.env.now + self.parameters["warm_up_s"]

    def slowness(self) -> float:
        """How many times longer work takes that begins now."""
        cold = float(self.parameters["cold_factor"]) if self.env.now < self.warm_at else 1.0
        return cold * self.release.service_factor

    def _use_disk(self, operations: int) -> Steps[None]:
        if operations:
            yield from self.disk.serve(operations * self.parameters["disk_ms"] * MS)

    def read_own(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        yield from self.cpu.serve(self._cpu_seconds(p["database_read_ms"]) * request.cost)
        yield from self._use_disk(int(self.luck.random() < p["database_disk_share"]))
        return Answer(version=self.versions[request.key])

    def write_own(self, request: Request) -> Steps[Answer]:
        yield from self.cpu.serve(self._cpu_seconds(self.parameters["database_write_ms"]) * request.cost, is_write=True)
        yield from self._use_disk(1)
        self.world.issued[request.key] += 1
        self.versions[request.key] = self.world.issued[request.key]
        return Answer(version=self.versions[request.key])

    def _with_memory(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if request.traffic == "static" and p["serves_static"]:
            yield from self.cpu.serve(p["static_ms"] * MS)
            answer = Answer(version=self.world.newest(request), size_kb=request.wanted_kb or p["response_kb"])
            yield from self._pass(self.card, answer.size_kb)
            return answer
        yield from self._run_code(self._cpu_seconds(p["service_ms"]) * request.cost, is_write=not request.is_read)
        yield from self._use_disk(p["disk_reads"] if request.is_read else p["disk_writes"])
        answer = yield from self.wiring.serve(request)
        if not answer.ok:
            return Answer(answer.cause)
        size_kb = request.wanted_kb or p["response_kb"]
        yield from self._pass(self.card, size_kb)
        return Answer(version=answer.version, size_kb=size_kb)

    def _pass(self, card: Station, size_kb: float) -> Steps[None]:
        speed = self.parameters["network_mbit_s"]
        if speed:  # what has no size waits its turn, too
            yield from card.serve(8 * size_kb / (1000 * speed))

    def through_card(self, asking: Steps[Answer], sent_kb: float) -> Steps[Answer]:
        """A call: what it carries goes out through the card, and the answer comes in."""
        if sent_kb:
            yield from self._pass(self.card, sent_kb)
        answer = yield from asking
        if answer.ok:
            yield from self._pass(self.card_in, answer.size_kb)
        return answer

    def _check(self, request: Request) -> Steps[Answer]:
        return (yield from self._take_on(request, self._answer_check))

    def _answer_check(self, request: Request) -> Steps[Answer]:
        yield from self._run_code(self.parameters["health_check_ms"] * MS, steady=True)
        return Answer()

    def leaking(self) -> list[Pool]:
        return [self.workers, self.connections]

    def resources(self) -> list[float]:
        p = self.parameters
        stations = [self.cpu.utilisation(), self.card.utilisation(), self.card_in.utilisation(), self.disk.utilisation()]
        pools = [pool.utilisation() for pool in (self.workers, self.connections, self.event_loops)]
        taken = 1 - self._memory_for_requests() / p["memory_mb"]
        return [*stations, *pools, taken + (1 - taken) * self.memory.utilisation()]
