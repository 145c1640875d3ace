"""Load balancer: connections, a policy among the targets in rotation, health checks."""

import bisect
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import MS, QUESTION_KB, Answer, Parameters, Part, Pool, Request, Steps
from tests.engine.oracle.policies import Call, Guard
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


SECOND_CHOICES = 3
PLACES = 100


def hashed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class Streak:
    """So many failures in a row put something out, so many passes in a row put it back."""

    def __init__(self, unhealthy_threshold: int, healthy_threshold: int) -> None:
        self.unhealthy_threshold = unhealthy_threshold
        self.healthy_threshold = healthy_threshold
        self.inside = True
        self.against = 0

    def hear(self, passed: bool) -> None:
        self.against = 0 if passed == self.inside else self.against + 1
        if self.against >= (self.unhealthy_threshold if self.inside else self.healthy_threshold):
            self.inside = not self.inside
            self.against = 0


@dataclass(eq=False)
class Target:
    wire: Wire
    health: Streak
    hears: "Callable[[Target, bool, float], None]" = lambda target, good, seconds: None
    out: int = 0
    failures: int = 0  # requests, in a row
    ejected: bool = False
    earned: float = 0.0
    response_s: float = 0.0
    inside_since: float = -math.inf

    @property
    def inside(self) -> bool:
        return self.health.inside and not self.ejected and self.wire.part.is_called

    @property
    def guard(self) -> Guard:
        return self.wire.guard

    def send(self, verb: str, request: Request, patience_s: float) -> Steps[Answer]:
        self.out += 1
        began = self.wire.env.now
        try:
            answer = yield from self.wire.send(verb, request, patience_s)
        finally:
            self.out -= 1
        self.hears(self, answer.ok, self.wire.env.now - began)
        return answer


def richest(inside: list[Target]) -> Target:
    """Smooth weighted round robin: everybody earns, the richest pays for all."""
    weights = [float(target.wire.parameters["weight"]) for target in inside]
    for target, weight in zip(inside, weights, strict=True):
        target.earned += weight
    chosen = max(inside, key=lambda target: target.earned)
    chosen.earned -= sum(weights)
    return chosen


def keep_checking(owner: Part, target: Target) -> Steps[None]:
    """A check at every interval from start to start, for as long as it is in service; one that takes longer delays the next."""
    part = target.wire.part
    stint = part.stint
    target.health.inside, target.health.against = True, 0
    interval = owner.parameters["health_check_interval_s"]
    patience = owner.parameters["health_check_timeout_ms"] * MS
    yield owner.env.timeout(interval * owner.luck.random())
    while part.in_service and part.stint == stint:
        began = owner.env.now
        if owner.alive:
            answer = yield from target.wire.send("check", Request(sent_kb=QUESTION_KB), patience)
            if owner.alive and part.in_service and part.stint == stint:
                was_inside = target.inside
                target.health.hear(answer.ok)
                if target.inside and not was_inside:
                    target.inside_since = owner.env.now
        yield owner.env.timeout(max(0.0, began + interval - owner.env.now))


def watch(owner: Part, target: Target) -> None:
    """Begins to check whenever it comes into service."""

    def joined() -> None:
        target.inside_since = owner.env.now
        owner.env.process(keep_checking(owner, target))

    target.wire.part.joins.append(joined)


class LoadBalancer(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.targets: list[Target] = []
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.cpu = Station(self.env, parameters["cores"], self.queue)
        self.where_it_went: dict[int, Target] = {}
        self.rings: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        self.place = 0
        self.programs = {"read": self._pass_on, "write": self._pass_on, "check": self._check}

    def add_target(self, wire: Wire) -> None:
        p = self.parameters
        self.targets.append(Target(wire, Streak(p["unhealthy_threshold"], p["healthy_threshold"]), self._hear))
        watch(self, self.targets[-1])

    def start(self) -> None:
        for target in self.targets:
            self.env.process(keep_checking(self, target))

    def _pass_on(self, request: Request) -> Steps[Answer]:
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self.cpu.serve(self.parameters["processing_ms"] * MS)
            return (yield from Call(self.world, lambda: self._pick(request), request).run())

    def _hear(self, target: Target, good: bool, seconds: float) -> None:
        target.failures = 0 if good else target.failures + 1
        if good:
            target.response_s = 0.9 * target.response_s + 0.1 * seconds if target.response_s else seconds
        if 0 < self.parameters["ejects_after"] <= target.failures and not target.ejected:
            target.failures = 0
            if sum(other.inside for other in self.targets) > 1:
                target.ejected = True
                self.env.process(self._eject(target))

    def _eject(self, target: Target) -> Steps[None]:
        yield self.env.timeout(self.parameters["ejection_s"])
        target.ejected = False
        target.failures = 0
        target.inside_since = self.env.now

    def _check(self, request: Request) -> Steps[Answer]:
        yield self.env.timeout(0)
        return Answer()

    def _pick(self, request: Request) -> Target | None:
        inside = [target for target in self.targets if target.inside]
        if not inside:
            return None
        if self.parameters["sticky"]:
            known = self.where_it_went.get(request.address)
            if known not in inside:
                known = self.where_it_went[request.address] = self._warm_enough(inside, request)
            return known
        return self._warm_enough(inside, request)

    def _warm_enough(self, inside: list[Target], request: Request) -> Target:
        """Who has just come into rotation passes on some requests, three times at most."""
        over = self.parameters["slow_start_s"]
        for _ in range(SECOND_CHOICES):
            target = self._by_policy(inside, request)
            if not over or self.luck.random() < max(0.1, (self.env.now - target.inside_since) / over):
                return target
        return self._by_policy(inside, request)

    def _by_policy(self, inside: list[Target], request: Request) -> Target:
        if self.parameters["policy"] == "ip_hash":
            return self._by_address(inside, request)
        if self.parameters["policy"] == "consistent_hash":
            return self._next_on_ring(inside, request)
        policies = {
            "round_robin": self._next_in_turn,
            "random": self._any,
            "least_connections": self._least,
            "power_of_two": self._better_of_some,
            "weighted": richest,
            "least_response_time": self._quickest,
        }
        return policies[self.parameters["policy"]](inside)

    def _next_in_turn(self, inside: list[Target]) -> Target:
        self.place += 1
        return inside[self.place % len(inside)]

    def _any(self, inside: list[Target]) -> Target:
        return self.luck.choice(inside)

    def _least(self, inside: list[Target]) -> Target:
        """Ties go to the first at or after the place where the last choice left off."""
        fewest = min(target.out for target in inside)
        everybody = len(self.targets)
        for step in range(everybody):
            target = self.targets[(self.place + step) % everybody]
            if target.inside and target.out == fewest:
                self.place = (self.place + step + 1) % everybody
                return target
        raise AssertionError("one of them has the fewest")

    def _quickest(self, inside: list[Target]) -> Target:
        def expected(target: Target) -> float:
            return (target.out + 1) * target.response_s

        best = min(map(expected, inside))
        everybody = len(self.targets)
        for step in range(everybody):
            target = self.targets[(self.place + step) % everybody]
            if target.inside and expected(target) == best:
                self.place = (self.place + step + 1) % everybody
                return target
        raise AssertionError("one of them is the quickest")

    def _better_of_some(self, inside: list[Target]) -> Target:
        choices = self.parameters["choices"]
        some = self.luck.sample(inside, min(2, len(inside))) if choices == 2 else self.luck.choices(inside, k=choices)
        return min(some, key=lambda target: target.out)

    def _next_on_ring(self, inside: list[Target], request: Request) -> Target:
        """Each target has places on a circle of hashes; whoever comes next after the hash of the address or key."""
        asked = f"key {request.key}" if self.parameters["hash_key"] else f"address {request.address}"
        numbers = tuple(number for number, target in enumerate(self.targets) if target in inside)
        ring = self.rings.setdefault(numbers, [])
        if not ring:
            ring += sorted((hashed(f"target {number} place {place}"), number) for number in numbers for place in range(PLACES))
        return self.targets[ring[bisect.bisect(ring, (hashed(asked), 0)) % len(ring)][1]]

    def _by_address(self, inside: list[Target], request: Request) -> Target:
        return inside[hashed(str(request.address)) % len(inside)]

    @property
    def is_called(self) -> bool:
        """A dead one is called until somebody else has taken its address over."""
        others = any(part.alive for part in self.world.parts[self.name])
        answers = self.alive or self.env.now < self.died_at + self.parameters["takeover_s"] or not others
        return self.in_service and answers

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.connections.utilisation()]
