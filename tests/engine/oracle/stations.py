"""Stations: c equal servers and an unlimited queue, under each discipline that a user can set."""

import itertools
from collections.abc import Callable

import simpy

from tests.engine.oracle.basics import Clock, Level, Steps


class Station:
    """First come first served, or in the order of a priority number: the smallest is next, without interrupting."""

    def __init__(self, env: Clock, servers: int, queue: Level, discipline: str = "fifo", sends_late: bool = False) -> None:
        """sends_late: whoever has its turn only after its deadline is served all the same."""
        self.env = env
        self.servers = simpy.PriorityResource(env, servers)
        self.queue = queue
        self.busy = Level(env)
        self.discipline = discipline
        self.sends_late = sends_late
        self.slowness: Callable[[], float] = lambda: 1.0
        self.numbers = itertools.count()

    def serve(self, seconds: float, is_write: bool = False, steady: bool = False) -> Steps[None]:
        """steady: nothing makes it slower."""
        with self.servers.request(priority=self._priority(is_write)) as turn:
            has_waited = not turn.triggered
            with self.queue.during():
                yield turn
            if has_waited and not self.sends_late:
                self.env.in_time()
            with self.busy.during():
                yield self.env.timeout(seconds if steady else seconds * self.slowness())

    def _priority(self, is_write: bool) -> int:
        number = next(self.numbers)
        if self.discipline == "lifo":
            return -number
        if self.discipline == "writes_first":
            return 0 if is_write else 1
        return 0

    def utilisation(self) -> float:
        return self.busy.mean() / self.servers.capacity


class SharedStation(Station):
    """Processor sharing: all n who are present are served at once, each at the rate min(1, c/n).

    Nobody waits, but those beyond c are what slows the others, and are counted as the queue.
    """

    def __init__(self, env: Clock, servers: int, queue: Level) -> None:
        super().__init__(env, servers, queue)
        self.left: dict[simpy.Event, float] = {}
        self.since = 0.0
        self.changed = env.event()
        env.process(self._work())

    def serve(self, seconds: float, is_write: bool = False, steady: bool = False) -> Steps[None]:
        self._catch_up()
        finished = self.env.event()
        self.left[finished] = seconds if steady else seconds * self.slowness()
        self._tell()
        try:
            yield finished
        finally:
            self._catch_up()
            self.left.pop(finished, None)
            self._tell()

    def _rate(self) -> float:
        return min(1.0, self.servers.capacity / len(self.left))

    def _catch_up(self) -> None:
        """Give everybody present their share of the time since the last change."""
        passed = self.env.now - self.since
        self.since = self.env.now
        if self.left:
            self.busy.area += passed * min(len(self.left), self.servers.capacity)
            self.queue.area += passed * max(0, len(self.left) - self.servers.capacity)
            share = passed * self._rate()
            self.left = {who: rest - share for who, rest in self.left.items()}

    def _tell(self) -> None:
        self.changed.succeed()
        self.changed = self.env.event()

    def _work(self) -> Steps[None]:
        """Wait for the first who will be finished, or for somebody who comes or leaves before."""
        while True:
            wake = self.changed
            if self.left:
                who, rest = min(self.left.items(), key=lambda entry: entry[1])
                wait = self.env.timeout(max(0.0, rest) / self._rate())
                yield wake | wait
                if not wake.triggered:
                    self._catch_up()
                    self.left.pop(who)
                    who.succeed()
            else:
                yield wake


def station(env: Clock, servers: int, queue: Level, discipline: str) -> Station:
    return SharedStation(env, servers, queue) if discipline == "sharing" else Station(env, servers, queue, discipline)
