"""CDN: points of presence with caches of files, each in a city, and a shield that they share."""

import math
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import simpy

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Request, Steps
from tests.engine.oracle.designs import BARE_LINK
from tests.engine.oracle.places import Spot, distance_s
from tests.engine.oracle.policies import Call
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Lane, Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

KB_PER_GB = 1e6
SHIELD_LINK: Parameters = BARE_LINK | {
    "latency_ms": 0.25,
    "latency_distribution": "lognormal",
    "latency_cv": 0.2,
    "bandwidth_mbit_s": 10_000.0,
    "timeout_ms": 30_000.0,
}


def way_s(wire: Wire) -> float:
    """How far it is to the other end of a wire, as routing sees it."""
    return distance_s(wire.caller.spot, wire.part.spot) + float(wire.parameters["latency_ms"]) * MS


def nearest(wires: list[Wire]) -> Wire:
    """The first of the nearest among those that are called; among all when nobody is."""
    return min([wire for wire in wires if wire.part.is_called] or wires, key=way_s)


class Files:
    """Files by their size, the least recently used out first, good for their time to live."""

    def __init__(self, parameters: Parameters) -> None:
        self.room_kb = parameters["capacity_gb"] * KB_PER_GB
        self.ttl_s = parameters["ttl_s"] or math.inf
        self.keeps_old = parameters["stale_if_error"]
        self.entries: OrderedDict[int, tuple[int, float, float]] = OrderedDict()

    def good(self, key: int, now: float) -> int | None:
        """The version of a file that is there and good. What is too old goes, unless it may be served when all else fails."""
        if key not in self.entries:
            return None
        version, put_at, _ = self.entries[key]
        if now - put_at <= self.ttl_s:
            self.entries.move_to_end(key)
            return version
        if not self.keeps_old:
            del self.entries[key]
        return None

    def old(self, key: int) -> int | None:
        return self.entries[key][0] if key in self.entries else None

    def put(self, key: int, version: int, now: float, size_kb: float) -> None:
        self.entries.pop(key, None)
        if size_kb > self.room_kb:
            return
        while self.entries and sum(size for _, _, size in self.entries.values()) + size_kb > self.room_kb:
            self.entries.popitem(last=False)
        self.entries[key] = (version, now, size_kb)


class Point(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters, city: str) -> None:
        super().__init__(world, name, parameters)
        self.spot = Spot(city)
        self.servers = Station(self.env, parameters["servers"], self.queue)
        self.files = Files(parameters)
        self.origins: list[Wire] = []
        self.shield: Wire | None = None
        self.is_shield = False
        self.fetching: dict[int, simpy.Event] = {}
        self.place = 0
        self.hits = self.lookups = 0
        self.back_at = -math.inf
        self.programs = {"read": self._answer, "write": self._answer}

    def add_target(self, wire: Wire) -> None:
        self.origins.append(wire)

    @property
    def is_called(self) -> bool:
        reroute = self.parameters["reroute_s"]
        return self.env.now >= self.back_at + reroute if self.alive else self.env.now < self.died_at + reroute

    def come_back(self) -> None:
        self.back_at = self.env.now

    def purge(self) -> None:
        self.files.entries.clear()

    def _answer(self, request: Request) -> Steps[Answer]:
        yield from self.servers.serve(self.parameters["processing_ms"] * MS)
        if request.traffic != "static":
            return (yield from Call(self.world, self._origin, request).run())
        size_kb = request.wanted_kb or self.parameters["object_kb"]
        version = self.files.good(request.key, self.env.now)
        self.lookups += 1
        if version is not None:
            self.hits += 1
            return Answer(version=version, size_kb=size_kb)
        if self.parameters["collapse"] and request.key in self.fetching:
            return cast(Answer, (yield self.fetching[request.key]))
        return (yield from self._fetch(request, size_kb))

    def _fetch(self, request: Request, size_kb: float) -> Steps[Answer]:
        outcome = self.fetching[request.key] = self.env.event()
        answer = yield from self._ask(request)
        if answer.ok:
            self.files.put(request.key, answer.version, self.env.now, size_kb)
            answer = replace(answer, size_kb=size_kb)
        else:
            old = self.files.old(request.key)
            if self.parameters["stale_if_error"] and old is not None:
                answer = Answer(version=old, size_kb=size_kb)
        outcome.succeed(answer)
        if self.fetching.get(request.key) is outcome:
            del self.fetching[request.key]
        return answer

    def forget(self) -> None:
        self.fetching.clear()

    def _ask(self, request: Request) -> Steps[Answer]:
        shield = self.shield
        if shield is not None and shield.part.is_called:
            return (yield from Call(self.world, lambda: shield, request).run())
        return (yield from Call(self.world, self._origin, request).run())

    def _origin(self) -> Wire:
        if self.parameters["origin_policy"] == "latency":
            return nearest(self.origins)
        called = [wire for wire in self.origins if wire.part.is_called]
        self.place += 1
        return called[self.place % len(called)]

    def resources(self) -> list[float]:
        return [self.servers.utilisation()]


def points_of(world: "World", name: str, parameters: Parameters) -> list[Part]:
    """A point in each location, and the shield that they ask."""
    points = [Point(world, name, parameters, city) for city in parameters["locations"]]
    if not parameters["shield"]:
        return [*points]
    shield = Point(world, name, parameters, parameters["shield_location"])
    shield.is_shield = True
    for point in points:
        point.shield = Wire(point, shield, "", SHIELD_LINK, (Lane(world, SHIELD_LINK), Lane(world, SHIELD_LINK)))
    return [*points, shield]
