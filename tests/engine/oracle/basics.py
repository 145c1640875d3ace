"""What every part of the oracle is made of: requests, answers, pools, stations, parts that can die.

All times in here are seconds; parameters keep the unit of their name and are converted where they are read.
"""

import math
import random
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import simpy

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

Result = TypeVar("Result")
Steps = Generator[simpy.Event, Any, Result]
Parameters = dict[str, Any]

MS = 0.001


@dataclass(frozen=True)
class Request:
    """What a client asks for; `version` is what a cache is told to keep or a replica to apply."""

    is_read: bool = True
    key: int = 0
    address: int = 0
    version: int = 0

    @property
    def verb(self) -> str:
        return "read" if self.is_read else "write"


@dataclass(frozen=True)
class Answer:
    """How a call ended: `cause` is None when it worked."""

    cause: str | None = None
    version: int = 0
    hit: bool = False
    size_kb: float = 0.0

    @property
    def ok(self) -> bool:
        return self.cause is None


def draw(luck: random.Random, distribution: str, mean: float, cv: float) -> float:
    """One value of a distribution with this mean (any unit) and coefficient of variation."""
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
    raise ValueError(distribution)


class Level:
    """A number that changes in steps, and its integral over time."""

    def __init__(self, env: simpy.Environment) -> None:
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

    def __init__(self, env: simpy.Environment, capacity: int, queue_limit: float, queue: Level) -> None:
        self.slots = simpy.Resource(env, capacity)
        self.queue_limit = queue_limit
        self.queue = queue
        self.held = Level(env)

    def is_full(self) -> bool:
        return self.slots.count >= self.slots.capacity and len(self.slots.queue) >= self.queue_limit

    @contextmanager
    def take(self) -> Iterator[Steps[None]]:
        """`with pool.take() as turn: yield from turn` waits for a place and holds it to the end of the block."""
        with self.slots.request() as turn, ExitStack() as until_the_end:
            yield self._wait(turn, until_the_end)

    def _wait(self, turn: simpy.Event, until_the_end: ExitStack) -> Steps[None]:
        with self.queue.during():
            yield turn
        until_the_end.enter_context(self.held.during())

    def utilisation(self) -> float:
        return self.held.mean() / self.slots.capacity


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
        self.killed_as: str | None = None
        self.visits: set[simpy.Process] = set()
        self.arrived = self.done = self.failed = self.wasted = 0
        self.programs: dict[str, Program] = {}

    def start(self) -> None:
        """Begin the part's own life; called once when everything is wired."""

    @property
    def alive(self) -> bool:
        return self.killed_as is None

    def receive(self, verb: str, request: Request) -> Steps[Answer | None]:
        """What a message meets that arrives here; None is no answer, ever."""
        self.arrived += 1
        if self.killed_as is not None:
            self.failed += 1
            return Answer("refused") if self.killed_as == "process" else None
        visit = self.env.process(self._visit(verb, request))
        self.visits.add(visit)
        answer: Answer | None = yield visit
        self.visits.discard(visit)
        if answer is not None and answer.ok:
            self.done += 1
        else:
            self.failed += 1
        return answer

    def _visit(self, verb: str, request: Request) -> Steps[Answer | None]:
        try:
            return (yield from self.programs[verb](request))
        except simpy.Interrupt as kill:
            return Answer("crashed") if kill.cause == "process" else None

    def kill(self, mode: str) -> None:
        if not self.alive:
            return
        self.killed_as = mode
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
