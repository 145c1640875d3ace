"""What every part of the oracle is made of: requests, answers, pools, stations, parts that can die.

All times in here are seconds; parameters keep the unit of their name and are converted where they are read.
"""

import math
import random
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import simpy

if TYPE_CHECKING:
    from tests.engine.oracle.wires import Wire
    from tests.engine.oracle.world import World

Result = TypeVar("Result")
Steps = Generator[simpy.Event, Any, Result]
Parameters = dict[str, Any]

MS = 0.001
ROUNDING = 1e-9
QUESTION_KB = 0.3
ACKNOWLEDGEMENT_KB = 0.1


class TooLate(Exception):
    """The turn in a queue has come after the deadline."""


class Clock(simpy.Environment):
    """The time, and the deadline of each visit that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.deadlines: WeakKeyDictionary[simpy.Process, float] = WeakKeyDictionary()

    def in_time(self) -> None:
        if self.active_process is not None and self.now >= self.deadlines.get(self.active_process, math.inf):
            raise TooLate


@dataclass(frozen=True)
class Request:
    """What a client asks for; `version` is what a cache is told to keep or a replica to apply.

    `traffic` is its class, `wanted_kb` the size of what it asks for (0: whoever answers gives its own), `changes_s` how long a file
    stays as it is. Whoever works on what `is_poison` fails. `deadline` is until when its holder waits, told to others with `propagates`.
    `lots` is what chance has said about links with a share.
    """

    is_read: bool = True
    key: int = 0
    address: int = 0
    version: int = 0
    traffic: str = "read"
    sent_kb: float = 0.0
    wanted_kb: float = 0.0
    cost: float = 1.0
    deadline: float = math.inf
    propagates: bool = False
    changes_s: float = 0.0
    is_poison: bool = False
    lots: dict[Any, float] = field(default_factory=dict, compare=False)

    @property
    def verb(self) -> str:
        return "read" if self.is_read else "write"

    def falls_into(self, share: float, way: Any, luck: random.Random) -> bool:
        """Whether a way that takes this share takes this request: always the same answer for the same way."""
        return self.lots.setdefault(way, luck.random()) < share


@dataclass(frozen=True)
class Answer:
    """How a call ended: `cause` is None when it worked."""

    cause: str | None = None
    version: int = 0
    hit: bool = False
    size_kb: float = ACKNOWLEDGEMENT_KB

    @property
    def ok(self) -> bool:
        return self.cause is None


def tail_of(parameters: Mapping[str, Any], prefix: str) -> tuple[float, float, float]:
    """Tail index, share of the exponential part, and its mean over that of the Pareto part."""
    index, share, factor = (parameters.get(f"{prefix}_{name}", 1.0) for name in ("tail", "exponential_share", "exponential_factor"))
    return index, share, factor


def draw(luck: random.Random, distribution: str, mean: float, cv: float, tail: tuple[float, float, float] = (2.5, 0.0, 1.0)) -> float:
    """One value of a distribution with this mean (any unit) and coefficient of variation, or tail (tail_of)."""
    if mean == 0 or distribution == "constant":
        return mean
    if distribution == "exponential":
        return luck.expovariate(1 / mean)
    if distribution == "lognormal":
        variance = math.log(1 + cv * cv)
        return luck.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))
    if distribution == "erlang":
        stages = max(1, round(1 / cv**2))
        return sum(luck.expovariate(stages / mean) for _ in range(stages))
    if distribution == "hyperexponential":
        first = (1 + math.sqrt((cv**2 - 1) / (cv**2 + 1))) / 2
        share = first if luck.random() < first else 1 - first
        return luck.expovariate(2 * share / mean)
    index, share, factor = tail
    if distribution == "pareto":
        share = 0.0
    if distribution in ("pareto", "pareto_exponential"):
        of_pareto = mean / (1 - share + share * factor)
        if luck.random() < share:
            return luck.expovariate(1 / (factor * of_pareto))
        return of_pareto * (index - 1) / index * luck.paretovariate(index)
    raise ValueError(distribution)


class Level:
    """A number that changes in steps, and its integral over time."""

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.value = 0.0
        self.area = 0.0
        self.since = 0.0

    def add(self, change: float) -> None:
        self.area += self.value * (self.env.now - self.since)
        self.since = self.env.now
        self.value += change

    def mean(self) -> float:
        self.add(0)
        return self.area / self.env.now if self.env.now > 0 else 0.0

    @contextmanager
    def during(self, amount: float = 1.0) -> Iterator[None]:
        self.add(+amount)
        try:
            yield
        finally:
            self.add(-amount)


class Pool:
    """Capacity that is taken, held and given back; who finds none free waits, first come first served."""

    def __init__(self, env: Clock, capacity: int, queue_limit: float, queue: Level) -> None:
        self.env = env
        self.capacity = capacity
        self.slots = simpy.Resource(env, capacity)
        self.queue_limit = queue_limit
        self.queue = queue
        self.held = Level(env)

    def leave(self, share: float) -> None:
        """So much of it is there, at least one; who holds one keeps it."""
        self.slots._capacity = max(1, math.floor(self.capacity * share + ROUNDING))
        self.slots._trigger_put(None)

    def is_full(self) -> bool:
        return self.slots.count >= self.slots.capacity and len(self.slots.queue) >= self.queue_limit

    @contextmanager
    def take(self) -> Iterator[Steps[None]]:
        """`with pool.take() as turn: yield from turn` waits for a place and holds it to the end of the block."""
        with self.slots.request() as turn, ExitStack() as until_the_end:
            yield self._wait(turn, until_the_end)

    def _wait(self, turn: simpy.Event, until_the_end: ExitStack) -> Steps[None]:
        has_waited = not turn.triggered
        with self.queue.during():
            yield turn
        if has_waited:
            self.env.in_time()
        until_the_end.enter_context(self.held.during())

    def utilisation(self) -> float:
        return self.held.mean() / self.slots.capacity


@dataclass(frozen=True)
class Release:
    """A version of what runs on an instance: how much longer its work takes, and which share of its answers are errors."""

    number: int = 1
    service_factor: float = 1.0
    error_ratio: float = 0.0


Program = Callable[[Request], Steps[Answer]]


class Part:
    """A component that messages come to. Its programs say what happens to each kind of message.

    It counts every message, health checks and those that meet it dead included.

    A visit is one SimPy process, so that a kill can interrupt it; the `with` blocks of the program then give back
    everything that was held.
    """

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        self.world = world
        self.env = world.env
        self.luck = world.luck
        self.name = name
        self.parameters = parameters
        self.queue = Level(self.env)
        self.lived = Level(self.env)
        self.lived.add(1)
        self.disk_full = False
        self.killed_as: str | None = None
        self.died_at = 0.0
        self.in_service = True
        self.stint = 0  # grows whenever it comes into service
        self.joins: list[Callable[[], None]] = []  # those who want to know that it has
        self.under_way = 0  # messages to it, at it, or back
        self.present = Level(self.env)
        self.seconds = 0.0  # that all took that have ended here
        self.release = Release()
        self.spot = world.spots[name]
        self.visits: set[simpy.Process] = set()
        self.arrived = self.done = self.failed = self.wasted = 0
        self.programs: dict[str, Program] = {}

    def access_s(self, size_kb: float) -> float:
        """What its own line adds to each message from here and to here."""
        return 0.0

    def connect(self, target_name: str, wire: "Wire") -> None:
        """A link goes from this part to one of the instances of another component."""
        raise AssertionError(f"{self.name} has no link to {target_name}")

    def start(self) -> None:
        """Begin the part's own life; called once when everything is wired."""

    @property
    def alive(self) -> bool:
        return self.killed_as is None

    @property
    def is_called(self) -> bool:
        """Whether those who choose among instances still choose this one."""
        return self.in_service

    def join(self) -> None:
        """Come into service: everybody who sends here hears of it at once."""
        self.in_service = True
        self.stint += 1
        for tell in self.joins:
            tell()

    def receive(self, verb: str, request: Request) -> Steps[Answer | None]:
        """What a message meets that arrives here; None is no answer, ever."""
        self.arrived += 1
        if self.killed_as is not None:
            self.failed += 1
            return Answer("refused") if self.killed_as == "process" else None
        if self.env.now >= request.deadline:
            self.failed += 1
            return Answer("deadline")
        visit = self.env.process(self._visit(verb, request))
        self.visits.add(visit)
        began = self.env.now
        with self.present.during():
            answer: Answer | None = yield visit
        self.visits.discard(visit)
        self.seconds += self.env.now - began
        if answer is not None and answer.ok:
            self.done += 1
        else:
            self.failed += 1
        return answer

    def _visit(self, verb: str, request: Request) -> Steps[Answer | None]:
        assert self.env.active_process is not None
        self.env.deadlines[self.env.active_process] = request.deadline
        try:
            answer = yield from self.programs[verb](request)
        except TooLate:
            return Answer("deadline")
        except simpy.Interrupt as kill:
            return Answer({"process": "crashed", "removed": "removed"}[str(kill.cause)]) if kill.cause != "machine" else None
        goes_wrong = verb != "check" and answer.ok and self.luck.random() < self.release.error_ratio
        return Answer("error") if goes_wrong else answer

    def kill(self, mode: str) -> None:
        """mode: as a process, as a machine, or removed for good, which looks like the former to whoever comes later."""
        if not self.alive:
            return
        self.killed_as = "machine" if mode == "machine" else "process"
        self.died_at = self.env.now
        self.lived.add(-1)
        for visit in self.visits:
            if visit.is_alive:
                visit.interrupt(mode)
        self.forget()

    def restore(self) -> None:
        if not self.alive:
            self.killed_as = None
            self.lived.add(1)
            self.come_back()

    def forget(self) -> None:
        """What is lost with the part beyond its visits."""

    def fill_disk(self, full: bool) -> None:
        """Nothing more can be stored, or something can again."""
        freed = self.disk_full and not full
        self.disk_full = full
        if freed:
            self.disk_freed()

    def disk_freed(self) -> None:
        """What happens when there is room on the disk again."""

    def leak(self, share: float) -> None:
        """So much is left of what it can give away."""
        for pool in self.leaking():
            pool.leave(share)

    def leaking(self) -> "list[Pool]":
        return []

    def newest(self, key: int) -> int:
        """The newest version of a key that is stored here, or at those that belong to it."""
        return 0

    def purge(self) -> None:
        """Drop what is held for others."""

    def come_back(self) -> None:
        """What happens when the part is restored."""

    def resources(self) -> list[float]:
        """How busy each of its resources was on average, from 0 to 1."""
        return []

    def report(self) -> dict[str, float]:
        return {
            "arrived": self.arrived,
            "done": self.done,
            "failed": self.failed,
            "wasted": self.wasted,
            "queue_mean": self.queue.mean(),
            "utilisation": max(self.resources(), default=0.0),
        }
