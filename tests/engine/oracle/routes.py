"""Where a request goes among links that differ: by priority, by class, by share."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.engine.oracle.basics import Parameters, Request
from tests.engine.oracle.names import Dns, Names
from tests.engine.oracle.points import Point, nearest
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.clients import Clients


def alike(p: Parameters) -> tuple[Any, ...]:
    """Links that are equal in these stand for each other."""
    return p["priority"], tuple(sorted(p["classes"])), p["share"]


def takes(wire: Wire, request: Request) -> bool:
    return request.traffic in wire.parameters["classes"]


@dataclass
class Ways:
    """Wires in groups: the first by priority that takes the request, and whose share it falls into; the last takes all that is left."""

    luck: random.Random
    groups: dict[tuple[Any, ...], list[Wire]] = field(default_factory=dict)

    def add(self, wire: Wire) -> None:
        self.groups.setdefault(alike(wire.parameters), []).append(wire)
        self.groups = dict(sorted(self.groups.items(), key=lambda entry: (entry[0][0], entry[1][0].link)))

    def of(self, request: Request) -> list[Wire]:
        taking = [(key, wires) for key, wires in self.groups.items() if takes(wires[0], request)]
        for key, wires in taking[:-1]:
            if request.falls_into(key[2], key, self.luck):
                return wires
        return taking[-1][1] if taking else []


class Routes:
    """Whom clients call."""

    def __init__(self, clients: "Clients") -> None:
        self.clients = clients
        self.luck = clients.luck
        self.ways = Ways(self.luck)
        self.names: Names | None = None
        self.points: list[Wire] = []

    def add(self, wire: Wire) -> None:
        if isinstance(wire.part, Dns):
            self.names = Names(self.clients, wire)
        elif isinstance(wire.part, Point):
            self.points.append(wire)
        else:
            self.ways.add(wire)

    def has_point_for(self, request: Request) -> bool:
        """Files come from the points of a CDN; everything does where there is nothing else."""
        return bool(self.points) and (request.traffic == "static" or not (self.names or self.ways.groups))

    def chooser(self, request: Request) -> Callable[[], Wire | None] | None:
        """Who picks one for each call; None when nobody takes the request."""
        if self.has_point_for(request):
            return lambda: nearest(self.points)
        wires = self.ways.of(request)
        return (lambda: self._any(wires)) if wires else None

    def _any(self, wires: list[Wire]) -> Wire | None:
        there = [wire for wire in wires if wire.part.in_service]
        return self.luck.choice([wire for wire in there if wire.part.is_called] or there) if there else None
