"""DNS: who is named to clients, and what their resolvers remember of it."""

import hashlib
import math
from typing import TYPE_CHECKING

from tests.engine.oracle.balancer import Streak, Target, keep_checking
from tests.engine.oracle.basics import MS, QUESTION_KB, Answer, Parameters, Part, Request, Steps, draw
from tests.engine.oracle.places import Spot, distance_s
from tests.engine.oracle.policies import Call
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.clients import Clients
    from tests.engine.oracle.world import World


class Dns(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.targets: list[Target] = []
        self.servers = Station(self.env, parameters["servers"], self.queue)
        self.programs = {"query": self._query}

    def add_target(self, wire: Wire) -> None:
        p = self.parameters
        self.targets.append(Target(wire, Streak(p["unhealthy_threshold"], p["healthy_threshold"])))

    def start(self) -> None:
        if self.parameters["health_checks"]:
            for target in self.targets:
                self.env.process(keep_checking(self, target))

    def _query(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        yield from self.servers.serve(draw(self.luck, p["resolution_distribution"], p["resolution_ms"] * MS, p["resolution_cv"]))
        return Answer()

    def resources(self) -> list[float]:
        return [self.servers.utilisation()]

    def name_one(self, seen_from: Spot) -> Wire:
        """One of those that pass their checks; of all when none does."""
        named = [target.wire for target in self.targets if target.inside] or [target.wire for target in self.targets]
        policy = self.parameters["policy"]
        if policy == "weighted_random":
            return self.luck.choices(named, [wire.parameters["weight"] for wire in named])[0]
        if policy == "latency":
            return min(named, key=lambda wire: distance_s(seen_from, wire.part.spot) + wire.parameters["latency_ms"] * MS)
        if policy == "geographic":
            return min(named, key=lambda wire: distance_s(seen_from, wire.part.spot))
        if policy == "failover":
            first = min(wire.parameters["priority"] for wire in named)
            named = [wire for wire in named if wire.parameters["priority"] == first]
        return self.luck.choice(named)


class Names:
    """What the resolvers of clients know, by the DNS that these clients are linked to."""

    def __init__(self, clients: "Clients", query: Wire) -> None:
        self.clients = clients
        self.env = clients.env
        self.query = query
        self.remembered: dict[int, tuple[Wire, float]] = {}
        self.wires: dict[Wire, Wire] = {}

    def resolve(self, request: Request, patience_s: float) -> Steps[Wire | None]:
        """Whom to call, over the DNS's link to it; None when there is no answer."""
        digest = hashlib.sha256(str(request.address).encode()).digest()
        resolver = int.from_bytes(digest[:8], "big") % self.clients.parameters["resolvers"]
        wire, good_until = self.remembered.get(resolver, (None, -math.inf))
        if wire is not None and self.env.now < good_until:
            return wire
        dns = self.query.part
        assert isinstance(dns, Dns)
        question = Request(sent_kb=QUESTION_KB, deadline=request.deadline)
        hedge_after_s = self.clients.parameters["hedge_after_ms"] * MS or math.inf
        answer = yield from Call(self.clients.world, lambda: self.query, question, "query", patience_s, hedge_after_s).run()
        if not answer.ok:
            return None
        wire = self._from_here(dns.name_one(self.clients.spot))
        self.remembered[resolver] = (wire, self.env.now + dns.parameters["ttl_s"])
        return wire

    def _from_here(self, named: Wire) -> Wire:
        """The DNS's link as these clients see it."""
        if named not in self.wires:
            self.wires[named] = Wire(self.clients, named.part, named.link, named.parameters, (named.there, named.back))
        return self.wires[named]
