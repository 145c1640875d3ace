"""Clients: open or closed traffic, popular keys, timeouts, retries, and what they saw."""

import bisect
import itertools
from collections import Counter
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Request, Steps, draw
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

BACKOFF_AT_MOST_S = 60.0
DROPPED = {"queue_full", "pool_exhausted", "connection_limit"}


class Popularity:
    """Key number k of n with probability proportional to 1/k^exponent."""

    def __init__(self, keys: int, exponent: float) -> None:
        self.heaps = list(itertools.accumulate(k**-exponent for k in range(1, keys + 1)))

    def pick(self, uniform: float) -> int:
        return min(bisect.bisect_right(self.heaps, uniform * self.heaps[-1]), len(self.heaps) - 1)


class Clients(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.targets: list[Wire] = []
        self.popularity = Popularity(parameters["keys"], parameters["zipf_exponent"])
        self.issued = self.completed = self.given_up = self.dropped = self.stale = self.reads_done = 0
        self.attempts = 0
        self.errors: Counter[str] = Counter()
        self.latencies: list[float] = []

    def start(self) -> None:
        if self.parameters["model"] == "open" and self.parameters["arrival_distribution"] == "exponential":
            self.env.process(self._arrivals())
        elif self.parameters["model"] == "open":
            self.env.process(self._renewals())
        else:
            self.env.process(self._population())

    def _arrivals(self) -> Steps[None]:
        """A Poisson process whose rate moves, by thinning one at the highest rate."""
        highest = self.parameters["arrival_rate_per_s"] * self.world.traffic.highest()
        while highest > 0:
            yield self.env.timeout(self.luck.expovariate(highest))
            rate = self.parameters["arrival_rate_per_s"] * self.world.traffic.multiplier(self.env.now)
            if self.luck.random() * highest < rate:
                self.env.process(self._request())

    def _renewals(self) -> Steps[None]:
        """Intervals of any distribution with mean 1, on a clock that runs as fast as the rate."""
        p = self.parameters
        while True:
            interval = draw(self.luck, p["arrival_distribution"], 1.0, p["arrival_cv"])
            due = self.world.traffic.reaches(self.env.now, interval / p["arrival_rate_per_s"])
            yield self.env.timeout(due - self.env.now)
            self.env.process(self._request())

    def _population(self) -> Steps[None]:
        """As many users as the multiplier says; one that is too many leaves before its next thinking."""
        self.users = 0
        while True:
            wanted = round(self.parameters["users"] * self.world.traffic.multiplier(self.env.now))
            self.wanted = wanted
            while self.users < wanted:
                self.users += 1
                self.env.process(self._user())
            yield self.env.timeout(0.1)

    def _user(self) -> Steps[None]:
        p = self.parameters
        while self.users <= self.wanted:
            yield self.env.timeout(draw(self.luck, p["think_distribution"], p["think_time_s"], p["think_cv"]))
            yield self.env.process(self._request())
        self.users -= 1

    def _request(self) -> Steps[None]:
        p = self.parameters
        request = Request(
            is_read=self.luck.random() < p["read_ratio"],
            key=self.popularity.pick(self.luck.random()),
            address=self.luck.randrange(p["client_addresses"]),
        )
        self.issued += 1
        began = self.env.now
        acknowledged_before = self.world.acknowledged[request.key]
        answer = yield from self._attempts(request)
        if answer.ok:
            self.completed += 1
            self.latencies.append(self.env.now - began)
            self._look_at_version(request, answer, acknowledged_before)
            return
        assert answer.cause is not None
        self.errors[answer.cause] += 1
        if answer.cause in DROPPED:
            self.dropped += 1
        else:
            self.given_up += 1

    def _attempts(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        for retry in range(p["retries"] + 1):
            if retry:
                yield self.env.timeout(self._backoff_s(retry))
            self.attempts += 1
            wire = self.luck.choice(self.targets)
            answer = yield from wire.call(request.verb, request, patience_s=p["timeout_ms"] * MS)
            if answer.ok:
                break
        return answer

    def _backoff_s(self, retry: int) -> float:
        p = self.parameters
        wait = min(float(p["backoff_ms"] * MS * p["backoff_factor"] ** (retry - 1)), BACKOFF_AT_MOST_S)
        return wait * self.luck.random() if p["backoff_jitter"] else wait

    def _look_at_version(self, request: Request, answer: Answer, acknowledged_before: int) -> None:
        known = self.world.acknowledged
        if request.is_read:
            self.reads_done += 1
            self.stale += answer.version < acknowledged_before
        else:
            known[request.key] = max(known[request.key], answer.version)
