"""Clients: open or closed traffic, whom they call, timeouts, retries, hedges, deadlines, and what they saw."""

import math
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Request, Steps, draw
from tests.engine.oracle.classes import Mix
from tests.engine.oracle.policies import Budget, Call, backoff_s
from tests.engine.oracle.routes import Routes
from tests.engine.oracle.visits import Visits
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

DROPPED = {"queue_full", "pool_exhausted", "connection_limit", "rate_limited", "bulkhead_full", "breaker_open", "broker_full"}


class Clients(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.routes = Routes(self)
        self.mix = Mix(self.luck, parameters)
        self.visits_seen = Visits(self)
        self.budget = Budget(parameters["retry_budget"])
        self.issued = self.completed = self.given_up = self.dropped = self.stale = self.reads_done = 0
        self.attempts = 0
        self.errors: Counter[str] = Counter()
        self.latencies: list[float] = []

    def add_target(self, wire: Wire) -> None:
        self.routes.add(wire)

    def access_s(self, size_kb: float) -> float:
        p = self.parameters
        line = 8 * size_kb / (1000 * p["access_mbit_s"]) if p["access_mbit_s"] else 0.0
        return float(p["access_latency_ms"] * MS + line)

    def start(self) -> None:
        self.has_one_store = len(self.world.stores_behind(self.name)) == 1
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
                self.env.process(self._one())

    def _renewals(self) -> Steps[None]:
        """Intervals of any distribution with mean 1, on a clock that runs as fast as the rate."""
        p = self.parameters
        while True:
            interval = draw(self.luck, p["arrival_distribution"], 1.0, p["arrival_cv"])
            due = self.world.traffic.reaches(self.env.now, interval / p["arrival_rate_per_s"])
            yield self.env.timeout(due - self.env.now)
            self.env.process(self._one())

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
        while self.users <= self.wanted:
            yield self.env.timeout(self.spread_s("think_time_s"))
            yield self.env.process(self._one())
        self.users -= 1

    def spread_s(self, name: str) -> float:
        """A time that is spread as the think time."""
        p = self.parameters
        return draw(self.luck, p["think_distribution"], p[name], p["think_cv"])

    def _one(self) -> Steps[None]:
        """A single request, or a visit."""
        address = self.luck.randrange(self.parameters["client_addresses"])
        if self.parameters["behaviour"] == "page_views":
            yield from self.visits_seen.visit(address)
        else:
            yield from self.request(self.mix.traffic(), address)

    def request(self, traffic: str, address: int) -> Steps[bool]:
        """Issue one request and see it to its end; whether it was done."""
        began = self.env.now
        request = self.mix.request(traffic, address, began)
        self.issued += 1
        self.budget.earn()
        expected = self.world.newest(request) if traffic == "static" else self.world.acknowledged[request.key]
        answer = yield from self._attempts(request)
        if answer.ok:
            self.completed += 1
            self.latencies.append(self.env.now - began)
            self._look_at_version(request, answer, expected)
            return True
        assert answer.cause is not None
        self.errors[answer.cause] += 1
        if answer.cause in DROPPED:
            self.dropped += 1
        else:
            self.given_up += 1
        return False

    def _attempts(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        retry = 0
        while True:
            self.attempts += 1
            answer = yield from self._attempt(request)
            retry += 1
            if answer.ok or retry > p["retries"]:
                return answer
            wait = backoff_s(self.world, p, retry)
            if self.env.now + wait >= request.deadline or not self.budget.pay():
                return answer
            yield self.env.timeout(wait)

    def _attempt(self, request: Request) -> Steps[Answer]:
        patience = self.parameters["timeout_ms"] * MS
        if self.routes.names is not None and not self.routes.has_point_for(request):
            named = yield from self.routes.names.resolve(request, patience)
            if named is None:
                return Answer("unresolved")
            return (yield from self._call(lambda: named, request, patience))
        choose = self.routes.chooser(request)
        if choose is None:
            return Answer("no_route")
        return (yield from self._call(choose, request, patience))

    def _call(self, choose: Callable[[], Wire | None], request: Request, patience: float) -> Steps[Answer]:
        hedge_after = self.parameters["hedge_after_ms"] * MS or math.inf
        return (yield from Call(self.world, choose, request, patience_s=patience, hedge_after_s=hedge_after, nobody="refused").run())

    def _look_at_version(self, request: Request, answer: Answer, expected: int) -> None:
        known = self.world.acknowledged
        if request.is_read:
            self.reads_done += 1
            self.stale += answer.version < expected and (request.traffic == "static" or self.has_one_store)
        else:
            known[request.key] = max(known[request.key], answer.version)
