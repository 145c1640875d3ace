"""Call policies of a link: bulkhead, breaker, retries with a budget, hedged calls. All of them are carried out by the caller."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

import simpy

from tests.engine.oracle.basics import MS, Answer, Clock, Parameters, Request, Steps

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

BACKOFF_AT_MOST_S = 60.0
TOKENS_AT_LEAST = 10.0


class Budget:
    """Each first call brings so many tokens, each retry takes one."""

    def __init__(self, tokens_a_call: float) -> None:
        self.tokens_a_call = tokens_a_call
        self.tokens = 0.0

    def earn(self) -> None:
        self.tokens = min(self.tokens + self.tokens_a_call, max(TOKENS_AT_LEAST, self.tokens_a_call))

    def pay(self) -> bool:
        if not self.tokens_a_call:
            return True
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Guard:
    """What an instance of a caller remembers of one that it calls over one link."""

    def __init__(self, env: Clock, parameters: Parameters) -> None:
        self.env = env
        self.parameters = parameters
        self.budget = Budget(parameters["retry_budget"])
        self.under_way = self.failures = self.probes = 0
        self.opened_at: float | None = None
        self.half_open = False

    def against(self) -> str | None:
        """Why a call may not be sent."""
        p = self.parameters
        if 0 < p["bulkhead"] <= self.under_way:
            return "bulkhead_full"
        if self.opened_at is None:
            return None
        if not self.half_open and self.env.now >= self.opened_at + p["breaker_open_s"]:
            self.half_open = True
            self.probes = 0
        return None if self.half_open and self.probes < p["breaker_probes"] else "breaker_open"

    def watch(self, attempt: Steps[Answer]) -> Steps[Answer]:
        is_probe = self.half_open
        self.under_way += 1
        self.probes += is_probe
        try:
            answer = yield from attempt
        finally:
            self.under_way -= 1
            self.probes -= is_probe
        self._hear(answer.ok, is_probe)
        return answer

    def _hear(self, good: bool, is_probe: bool) -> None:
        if self.opened_at is not None and not (is_probe and self.half_open):
            return
        self.failures = 0 if good else self.failures + 1
        if good:
            self.opened_at = None
            self.half_open = False
        elif is_probe or 0 < self.parameters["breaker_failures"] <= self.failures:
            self.opened_at = self.env.now
            self.half_open = False
            self.failures = 0


class Way(Protocol):
    """Somebody who may be called."""

    @property
    def guard(self) -> Guard: ...

    def send(self, verb: str, request: Request, patience_s: float) -> Steps[Answer]: ...


def backoff_s(world: "World", p: Parameters, retry: int) -> float:
    wait = min(float(p["backoff_ms"] * MS * p["backoff_factor"] ** (retry - 1)), BACKOFF_AT_MOST_S)
    return wait * world.luck.random() if p["backoff_jitter"] else wait


class Call:
    """One call with all that its link's policies make of it; `choose` says whom the caller's policy picks now."""

    def __init__(
        self,
        world: "World",
        choose: Callable[[], Way | None],
        request: Request,
        verb: str | None = None,
        patience_s: float = math.inf,
        hedge_after_s: float = math.inf,
        nobody: str = "no_target",
    ) -> None:
        """nobody: with which cause it ends when there is nobody to choose."""
        self.world = world
        self.env = world.env
        self.choose = choose
        self.verb = verb or request.verb
        self.request = request
        self.patience_s = patience_s
        self.hedge_after_s = hedge_after_s
        self.nobody = nobody

    def run(self) -> Steps[Answer]:
        way = self.choose()
        if way is None:
            return Answer(self.nobody)
        way.guard.budget.earn()
        retry = 0
        while True:
            cause = way.guard.against()
            if cause is not None:
                return Answer(cause)
            p = way.guard.parameters
            answer = yield from self._maybe_hedged(way, p["hedge_after_ms"] * MS or math.inf)
            retry += 1
            if answer.ok or retry > p["retries"]:
                return answer
            wait = backoff_s(self.world, p, retry)
            if self.env.now + wait >= self.request.deadline or not way.guard.budget.pay():
                return answer
            yield self.env.timeout(wait)
            way = self.choose()
            if way is None:
                return Answer(self.nobody)

    def _attempt(self, way: Way) -> Steps[Answer]:
        return (yield from way.guard.watch(way.send(self.verb, self.request, self.patience_s)))

    def _maybe_hedged(self, way: Way, hedge_after_s: float) -> Steps[Answer]:
        delay = min(self.hedge_after_s, hedge_after_s)
        if delay == math.inf:
            return (yield from self._attempt(way))
        first: simpy.Event = self.env.process(self._attempt(way))
        yield first | self.env.timeout(delay)
        other = None if first.triggered else self._somebody_else(way)
        if other is None:
            yield first
            return cast(Answer, first.value)
        second: simpy.Event = self.env.process(self._attempt(other))
        yield first | second
        winner, loser = (first, second) if first.triggered else (second, first)
        if not winner.value.ok:
            yield loser
            winner = loser
        return cast(Answer, winner.value)

    def _somebody_else(self, first: Way) -> Way | None:
        other = self.choose()
        if other is first:
            other = self.choose()
        return None if other is None or other.guard.against() is not None else other
