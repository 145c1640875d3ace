"""Building the world of a design, letting it run through a scenario, and reading off what happened."""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.engine.oracle.access import Access, ClusterAccess
from tests.engine.oracle.balancer import LoadBalancer
from tests.engine.oracle.basics import Clock, Part, Request, Steps
from tests.engine.oracle.cache import Cache
from tests.engine.oracle.clients import Clients
from tests.engine.oracle.cluster import Cluster, Member
from tests.engine.oracle.database import DocumentNode, Node
from tests.engine.oracle.faults import Faults
from tests.engine.oracle.gateway import ApiGateway
from tests.engine.oracle.jobs import Scheduler, Worker
from tests.engine.oracle.key_value import KeyValue
from tests.engine.oracle.messages import Broker, EventLog, MessageQueue, Topic
from tests.engine.oracle.names import Dns
from tests.engine.oracle.object_storage import ObjectStorage
from tests.engine.oracle.places import spot_of
from tests.engine.oracle.points import Point, points_of
from tests.engine.oracle.server import Server
from tests.engine.oracle.shards import ShardRouter
from tests.engine.oracle.wide_column import WideColumn
from tests.engine.oracle.wires import Lane, Wire

Document = dict[str, Any]
LEADERS = ("sql_database", "document_database", "key_value")
KINDS: dict[str, type[Part]] = {
    "clients": Clients,
    "dns": Dns,
    "load_balancer": LoadBalancer,
    "api_gateway": ApiGateway,
    "server": Server,
    "cache": Cache,
    "sql_database": Node,
    "document_database": DocumentNode,
    "read_replica": Node,
    "shard_router": ShardRouter,
    "wide_column": WideColumn,
    "key_value": KeyValue,
    "key_value_replica": KeyValue,
    "object_storage": ObjectStorage,
    "message_queue": MessageQueue,
    "topic": Topic,
    "event_log": EventLog,
    "worker": Worker,
    "scheduler": Scheduler,
}


class Traffic:
    """The multiplier over time: straight lines between the points of a scenario."""

    def __init__(self, points: list[dict[str, float]]) -> None:
        self.points = [(point["at_s"], point["multiplier"]) for point in points] or [(0.0, 1.0)]

    def highest(self) -> float:
        return max(multiplier for _, multiplier in self.points)

    def multiplier(self, now: float) -> float:
        if now < self.points[0][0]:
            return self.points[0][1]
        for (start, low), (end, high) in zip(self.points, self.points[1:], strict=False):
            if start <= now < end:
                return low + (high - low) * (now - start) / (end - start)
        return self.points[-1][1]

    def area(self, begin: float, end: float) -> float:
        """Integral of the multiplier: trapezoids between its corners."""
        corners = [begin, *(at for at, _ in self.points if begin < at < end), end]
        return sum((b - a) * self.multiplier((a + b) / 2) for a, b in itertools.pairwise(corners))

    def reaches(self, begin: float, area: float) -> float:
        """When the integral from `begin` on has grown to so much."""
        low, high = 0.0, 1.0
        while self.area(begin, begin + high) < area:
            high *= 2
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self.area(begin, begin + middle) < area else (low, middle)
        return begin + high


class World:
    def __init__(self, design: Document, scenario: str, seed: int) -> None:
        self.env = Clock()
        self.luck = random.Random(seed)
        self.scenario = design["scenarios"][scenario]
        self.traffic = Traffic(self.scenario["traffic"])
        self.acknowledged: Counter[int] = Counter()
        self.issued: Counter[int] = Counter()  # versions that servers with data of their own have given
        self.phases: dict[int, float] = {}  # of the files' changes
        self.inside = {name: component.get("inside") for name, component in design["components"].items()}
        self.faults = Faults(self)
        self.spots = {name: spot_of(name, design["components"]) for name in design["components"]}
        self.parts: dict[str, list[Part]] = {}  # the equal instances of each component
        self.clusters: dict[str, Cluster] = {}
        self.keys = max(c["parameters"]["keys"] for c in design["components"].values() if "keys" in c["parameters"])
        # how popular the keys are, by their numbers
        self.numbering = random.Random(f"numbers {seed}").sample(range(self.keys), self.keys)
        for name, component in design["components"].items():
            if component["kind"] in KINDS:
                p = component["parameters"]
                self.parts[name] = [KINDS[component["kind"]](self, name, p) for _ in range(p.get("instances", 1))]
                if component["kind"] in LEADERS:
                    self.clusters[name] = Cluster(self, self.parts[name][0])  # type: ignore[arg-type]
            elif component["kind"] == "cdn":
                self.parts[name] = points_of(self, name, component["parameters"])
        for name, link in design["links"].items():
            lanes = Lane(self, link["parameters"]), Lane(self, link["parameters"])
            for source in self.parts[link["from"]]:
                for target in self.parts[link["to"]]:
                    if isinstance(target, Point) and target.is_shield:
                        continue
                    self._connect(link["from"], source, link["to"], Wire(source, target, name, link["parameters"], lanes))

    def _connect(self, source_name: str, source: Part, target_name: str, wire: Wire) -> None:
        target = wire.part
        if isinstance(source, Clients | LoadBalancer | ApiGateway | Dns | Point):
            source.add_target(wire)
        elif isinstance(source, Member) and isinstance(target, Member):
            self.clusters[source_name].add_replica(target, wire)
        elif isinstance(source, Server):
            self._connect_server(source, target_name, wire)
        else:
            source.connect(target_name, wire)

    def keeps_data(self, part: Part) -> bool:
        """Whether it is asked and written to like a database."""
        return isinstance(part, Member | ShardRouter | WideColumn)

    def access(self, target_name: str) -> Access:
        return ClusterAccess(self, self.clusters[target_name]) if target_name in self.clusters else Access(self)

    def _connect_server(self, server: Server, target_name: str, wire: Wire) -> None:
        if isinstance(wire.part, Cache):
            server.caches.append(wire)
        elif isinstance(wire.part, Broker):
            server.brokers.append(wire)
        elif isinstance(wire.part, ObjectStorage):
            server.storages.append(wire)
        elif self.keeps_data(wire.part):
            server.databases.setdefault(target_name, self.access(target_name)).wires.append(wire)
        else:
            server.services.append(wire)

    def run(self, until_s: float) -> None:
        for fault in self.scenario["faults"]:
            self.env.process(self.faults.carry_out(fault))
        for part in sorted(self.all_parts(), key=lambda part: not isinstance(part, ShardRouter)):  # who says where keys are comes first
            part.start()
        for cluster in self.clusters.values():
            cluster.start()
        self.env.run(until=until_s)

    def newest(self, request: Request) -> int:
        """The version of a file: it changes at equal intervals, at a phase of its own."""
        if not request.changes_s:
            return 0
        return int(self.env.now / request.changes_s + self.phases.setdefault(request.key, self.luck.random()))

    def all_parts(self) -> list[Part]:
        return [part for instances in self.parts.values() for part in instances]


Life = Callable[[World], Steps[None]]


def together(parts: list[Part]) -> dict[str, float]:
    """What equal instances did: sums, and what is used of the busiest resource over what the living have of it."""
    reports = [part.report() for part in parts]
    if len(parts) == 1:
        return reports[0]
    sums = {name: sum(report[name] for report in reports) for name in reports[0]}
    if isinstance(parts[0], Point):
        points = [part for part in parts if isinstance(part, Point) and not part.is_shield]
        return sums | {"utilisation": max(point.servers.utilisation() for point in points)}
    resources = [sum(each) for each in zip(*(part.resources() for part in parts), strict=True)]
    lived = sum(part.lived.mean() for part in parts)
    return sums | {"utilisation": max(resources, default=0.0) / lived}


def percentile(values: list[float], share: float) -> float:
    """The smallest value with at least this share at or below it."""
    return values[max(0, -int(-len(values) * share // 1) - 1)]


def latency_ms(values: list[float]) -> dict[str, float]:
    ordered = sorted(value * 1000 for value in values)
    if not ordered:
        return {}
    quantiles = {f"p{share}": percentile(ordered, share / 100) for share in (50, 95, 99)}
    return {"mean": sum(ordered) / len(ordered), **quantiles, "max": ordered[-1]}


def simulate(design: Document, seed: int, until_s: float, scenario: str = "steady", meanwhile: Life | None = None) -> dict[str, Any]:
    """Run a design in which every parameter is written out, and report as the command line does."""
    world = World(design, scenario, seed)
    if meanwhile is not None:
        world.env.process(meanwhile(world))
    world.run(until_s)
    clients = [part for part in world.all_parts() if isinstance(part, Clients)]
    caches = [part for part in world.all_parts() if isinstance(part, Cache)]
    total = Counter[str]()
    for part in clients:
        ended = part.completed + part.given_up + part.dropped
        total.update(arrived=part.issued, done=part.completed, failed=part.given_up, dropped=part.dropped)
        total.update(in_flight=part.issued - ended)
    lookups = sum(cache.hits + cache.misses for cache in caches)
    return {
        "seed": seed,
        "simulated_s": world.env.now,
        "requests": {name: total[name] for name in ("arrived", "done", "failed", "dropped", "in_flight")},
        "attempts": sum(part.attempts for part in clients),
        "latency_ms": latency_ms([latency for part in clients for latency in part.latencies]),
        "errors": dict(sum((part.errors for part in clients), Counter())),
        "cache_hit_ratio": sum(cache.hits for cache in caches) / lookups if lookups else None,
        "stale_reads": sum(part.stale for part in clients),
        "writes_lost": sum(store.writes_lost for store in [*world.clusters.values(), *caches]),
        "components": {n: together(parts) for n, parts in world.parts.items() if not isinstance(parts[0], Clients)},
    }
