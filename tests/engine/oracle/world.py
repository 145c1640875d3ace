"""Building the world of a design, letting it run through a scenario, and reading off what happened."""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.engine.oracle.access import Access, ClusterAccess
from tests.engine.oracle.balancer import LoadBalancer
from tests.engine.oracle.basics import Clock, Parameters, Part, Request, Steps
from tests.engine.oracle.cache import Cache
from tests.engine.oracle.clients import Clients
from tests.engine.oracle.cluster import Cluster, Member
from tests.engine.oracle.crew import Autoscaler, Crew
from tests.engine.oracle.database import DocumentNode, Node
from tests.engine.oracle.faults import Faults
from tests.engine.oracle.gateway import ApiGateway
from tests.engine.oracle.jobs import Scheduler, Worker
from tests.engine.oracle.key_value import KeyValue
from tests.engine.oracle.messages import EventLog, MessageQueue, Topic
from tests.engine.oracle.names import Dns
from tests.engine.oracle.object_storage import ObjectStorage
from tests.engine.oracle.pipeline import Pipeline
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
        self.design = design
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
        self.lanes: dict[str, tuple[Lane, Lane]] = {}  # of each link
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
            self.lanes[name] = Lane(self, link["parameters"]), Lane(self, link["parameters"])
            if design["components"][link["from"]]["kind"] in KINDS.keys() | {"cdn"}:
                self._join_ends(name, self.parts[link["from"]], self.parts[link["to"]])
        self.crews: dict[str, Crew] = {}
        self.autoscalers = [Autoscaler(self, name, p) for name, p in self._of_kind("autoscaler")]
        self.pipelines = {name: Pipeline(self, name, p) for name, p in self._of_kind("pipeline")}

    def _of_kind(self, kind: str) -> list[tuple[str, Parameters]]:
        return [(name, each["parameters"]) for name, each in self.design["components"].items() if each["kind"] == kind]

    def _join_ends(self, name: str, sources: list[Part], targets: list[Part]) -> None:
        link = self.design["links"][name]
        for source in sources:
            for target in targets:
                if not (isinstance(target, Point) and target.is_shield):
                    self._connect(link["from"], source, link["to"], Wire(source, target, name, link["parameters"], self.lanes[name]))

    def crew_behind(self, name: str) -> list[Crew]:
        """Those whose instances somebody decides about, in the order of the links."""
        links = sorted((link_id, link["to"]) for link_id, link in self.design["links"].items() if link["from"] == name)
        return [self.crews.setdefault(target, Crew(self, target)) for _, target in links]

    def sizes(self, name: str) -> dict[str, float]:
        """How many instances there are at last of what somebody decides about."""
        return {"instances": len(self.crews[name].members)} if name in self.crews else {}

    def new_part(self, name: str) -> Part:
        """One more instance of a component, with all its links."""
        component = self.design["components"][name]
        part = KINDS[component["kind"]](self, name, component["parameters"])
        self.parts[name].append(part)
        for link_id, link in self.design["links"].items():
            if link["from"] == name:
                self._join_ends(link_id, [part], self.parts[link["to"]])
            elif link["to"] == name and self.design["components"][link["from"]]["kind"] in KINDS:
                self._join_ends(link_id, self.parts[link["from"]], [part])
        part.start()
        return part

    def _connect(self, source_name: str, source: Part, target_name: str, wire: Wire) -> None:
        target = wire.part
        if isinstance(source, Clients | LoadBalancer | ApiGateway | Dns | Point):
            source.add_target(wire)
        elif isinstance(source, Member) and isinstance(target, Member):
            self.clusters[source_name].add_replica(target, wire)
        else:
            source.connect(target_name, wire)

    def keeps_data(self, part: Part) -> bool:
        """Whether it is asked and written to like a database."""
        return isinstance(part, Member | ShardRouter | WideColumn)

    def stores_behind(self, name: str) -> set[str]:
        """The stores of data that requests from here can get to. Shards are one store, and so are servers that keep their own data."""
        links = [(link["from"], link["to"]) for link in self.design["links"].values()]
        reached, waiting = {name}, [name]
        while waiting:
            here = waiting.pop()
            further = {target for source, target in links if source == here} - reached
            reached |= further
            waiting += further
        return {store for each in reached if (store := self._store_of(each, links))}

    def _store_of(self, name: str, links: list[tuple[str, str]]) -> str | None:
        component = self.design["components"][name]
        if component["kind"] == "server":
            return "servers" if component["parameters"]["own_database"] else None
        owners = [source for source, target in links if target == name and self._store_of(source, links) == source]
        keeps = isinstance(self.parts[name][0] if name in self.parts else None, Member | ShardRouter | WideColumn)
        return (owners[0] if owners else name) if keeps else None

    def access(self, target_name: str) -> Access:
        return ClusterAccess(self, self.clusters[target_name]) if target_name in self.clusters else Access(self)

    def run(self, until_s: float) -> None:
        for fault in self.scenario["faults"]:
            pipeline = self.pipelines.get(fault.get("component") or "")
            self.env.process(self.faults.carry_out(fault) if pipeline is None else self._order(pipeline, fault))
        for part in sorted(self.all_parts(), key=lambda part: not isinstance(part, ShardRouter)):  # who says where keys are comes first
            part.start()
        for cluster in self.clusters.values():
            cluster.start()
        for autoscaler in self.autoscalers:
            self.env.process(autoscaler.run())
        self.env.run(until=until_s)

    def newest(self, request: Request) -> int:
        """The version of a file: it changes at equal intervals, at a phase of its own."""
        if not request.changes_s:
            return 0
        return int(self.env.now / request.changes_s + self.phases.setdefault(request.key, self.luck.random()))

    def all_parts(self) -> list[Part]:
        return [part for instances in self.parts.values() for part in instances]

    def _order(self, pipeline: Pipeline, order: dict[str, Any]) -> Steps[None]:
        yield self.env.timeout(order["at_s"])
        if order["action"] == "deploy":
            pipeline.deploy(order["arguments"]["quality"] == "bad")
        else:
            pipeline.roll_back()


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
        "components": {n: together(parts) | world.sizes(n) for n, parts in world.parts.items() if not isinstance(parts[0], Clients)},
    }
