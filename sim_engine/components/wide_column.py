"""Wide-column store: equal nodes without a primary; each key is kept by several of them, and any node coordinates a request.

A write is sent to all copies and is done when W have it; a read asks R of them and takes the newest version. R + W above the number of
copies never reads what is old. A node that has been dead for a while is known to be, and is left out until it is back. It is handed what
it missed then (hinted handoff), if it was not away for too long; what is old still is found and mended by reads (read repair).
Left out: tombstones, compaction, several data centres with their own consistency, mending of what nobody reads.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import simpy

from sim_engine.catalogue.component import Component, Disk, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.growth import growth_parameters
from sim_engine.catalogue.parameter import choice, heavy_distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_hour, storage_prices
from sim_engine.catalogue.storage import USED_DISK, written_share
from sim_engine.texts import _
from sim_engine.world.figures import Told

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

CONSISTENCY = _("Copies and consistency")
HANDOFF_BATCH = 100  # writes in one message
ALL, ENOUGH = "all", "enough"
KNOWN_DOWN = "known_down"  # in Instance.memory: the others leave it out
QUORUM = ("replication_factor", "write_consistency", "read_consistency")


class WideColumn(Component):
    kind = "wide_column"
    title = _("Wide-column store")
    group = "data"
    order = 5
    icon = "columns-3"
    summary = _(
        "Many equal nodes without a primary, each key on several of them: it stays writable when nodes are lost, if you accept old reads."
    )
    left_out = _("Tombstones, compaction, several data centres with their own consistency, mending of what nobody reads.")
    provides = "sql"
    has_versions = True
    grows = True
    ports = (Port("ring", _("Nodes"), (), policy="@by_key", managed=True),)
    parameters = (
        integer("replication_factor", _("Copies of a key (N)"), 3, "", 1, 9, _("How many nodes keep each key."), section=CONSISTENCY,
                source=_("Apache Cassandra's documentation: 3 in production.")),
        integer("write_consistency", _("Copies that a write waits for (W)"), 2, "", 1, 9,
                _("A write is done when so many have it."), section=CONSISTENCY),
        choice("writes_to", _("Writes go to"), ALL,
               ((ALL, _("All copies")), (ENOUGH, _("As many as it waits for"))),
               _("To all copies, those that it does not wait for get it a little later. To no more than it waits for, it makes less work, "
                 "and the others stay behind until a read mends them."), section=CONSISTENCY,
               source=_("Dynamo and Apache Cassandra write to all. Gifford's weighted voting (1979) and the probabilistic quorums of "
                        "Malkhi, Reiter and Wright (1997) write to a quorum.")),
        integer("read_consistency", _("Copies that a read asks (R)"), 1, "", 1, 9,
                _("The newest version of so many is the answer. With R + W above N no read is old."), section=CONSISTENCY,
                source=_("Apache Cassandra's driver default is LOCAL_ONE.")),
        number("hint_window_s", _("Hints are kept for"), 10_800.0, "s", 0.0, 1_000_000.0,
               _("A node that was away for longer is not handed what it missed, and stays behind."), section=CONSISTENCY,
               source=_("Apache Cassandra: max_hint_window is 3 hours.")),
        number("read_repair", _("Read repair"), 0.1, "ratio", 0.0, 1.0,
               _("Share of reads that afterwards ask all copies, and send them the newest version where they differ."), section=CONSISTENCY,
               source=_("Apache Cassandra 3.11: dclocal_read_repair_chance = 0.1; later ones mend what the asked copies show.")),
        number("detection_s", _("Noticed after"), 18.4, "s", 0.0, 100_000.0,
               _("How long a node is dead until the others know it and leave it out."), section=CONSISTENCY,
               source=_("Apache Cassandra: phi_convict_threshold = 8 with a heartbeat each second (Hayashibara et al., 2004).")),
        integer("cores", _("Cores"), 8, "cores", 1, 1_024, _("Operations of one node at the same time.")),
        integer("max_connections", _("Connections"), 1_000, "connections", 1, 1_000_000,
                _("Requests that one node takes on at the same time.")),
        integer("connection_queue_limit", _("Waiting for a connection"), 1_000, "requests", 0, 10_000_000,
                _("Requests that may wait for a connection; what is beyond fails.")),
        number("coordinate_ms", _("Coordination time"), 0.1, "ms", 0.0, 10_000.0, _("Time of the node that a request comes to.")),
        number("read_ms", _("Read time"), 1.0, "ms", 0.0, 600_000.0, _("Mean time of one read at one copy.")),
        number("write_ms", _("Write time"), 0.3, "ms", 0.0, 600_000.0,
               _("Mean time of one write at one copy: appended to a log, sorted later."),
               source=_("Log-structured stores: writes are cheaper than reads (O'Neil et al., 1996).")),
        *heavy_distribution_parameters("service", _("Spread of these times")),
        number("network_ms", _("Latency between nodes"), 0.25, "ms", 0.0, 60_000.0,
               _("Mean time that a message from one node to another takes one way, a node to itself included."),
               source=_("A round trip within a data centre takes about 0.5 ms (Dean, Numbers everyone should know).")),
        *heavy_distribution_parameters("network", _("Spread of this latency"), "lognormal", 0.2),
        written_share(),
        number("row_kb", _("Row size"), 2.0, "kB", 0.0, 100_000.0, _("Size of the answer to a read."), advanced=True),
        *growth_parameters(60.0, _("Not calibrated: a virtual machine with a database."), instances=3),
        price_per_hour(0.40, _("AWS 2025: about $0.40 for an m7i.2xlarge (8 processors, 32 GB).")),
        *storage_prices(500.0, 0.08, _("AWS 2025: $0.08 for a GB and month of a general purpose disk.")),
    )  # fmt: skip
    pools = (Pool("connections", "max_connections", "connection_queue_limit", full="pool_exhausted"), Station("cpu", "cores"))
    durations = (
        Duration("coordinate", "coordinate_ms"),
        Duration("read", "read_ms", "service_distribution", "service_cv"),
        Duration("write", "write_ms", "service_distribution", "service_cv"),
        Duration("check", "", mean_s=0.0001),
    )
    metrics = (
        Metric("queries_per_s", _("Operations"), "requests/s", "rate", _("Requests of callers and of other nodes.")),
        Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
        Metric("cpu", _("CPU"), "ratio", "level"),
        Metric("connections", _("Connections in use"), "ratio", "level"),
        Metric("queue", _("Waiting for a connection or a core"), "requests", "level"),
        Metric("latency_ms", _("Mean time here"), "ms", "level"),
        Metric("handed_over", _("Writes handed over"), "requests", "count", _("To nodes that came back after they had been away.")),
        Metric("repaired", _("Old copies mended"), "requests", "count", _("By reads that met different versions.")),
        USED_DISK,
    )
    disk = Disk("storage_gb", share="written_share")
    actions = (*Component.actions, "disk_full", "free_disk", "pool_exhausted", "resize")
    leaks = ("connections",)
    headline = "queries_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read")
        on.take("connections")
        on.serve("cpu", "coordinate")
        on.call_replicas("ring", "get", "replication_factor", "read_consistency", "read_consistency")
        on.stop_if_failed()
        on.size("row_kb")
        with on.if_chance("read_repair"), on.aside():
            on.call_replicas("ring", "get", "replication_factor", "", "replication_factor")
            on.stop_if_failed()
            with on.if_flag():
                on.call_replicas("ring", "repair", "replication_factor", "", "replication_factor")
        on.reply()

        on.path("write")
        on.take("connections")
        on.serve("cpu", "coordinate")
        asked = "write_consistency" if me.values["writes_to"] == ENOUGH else "replication_factor"
        on.call_replicas("ring", "put", "replication_factor", "write_consistency", asked)
        on.reply()

        on.path("get")
        on.serve("cpu", "read", by_cost=True)
        on.read_version()
        on.size("row_kb")
        on.reply()

        on.path("put", "repair")
        on.serve("cpu", "write", by_cost=True)
        on.store("written_share")
        on.keep_version()
        on.reply()

        on.path("replicate")  # what it missed while it was away
        on.serve("cpu", "write", by_cost=True)
        on.reply()

        on.path("check")
        on.serve("cpu", "check", steady=True)
        on.reply()

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        world.data.share_versions(me, [me.group.first])

    @classmethod
    def wired(cls, world: World, me: Instance) -> None:
        cls.close_ring(world, me)

    @staticmethod
    def network(world: World, me: Instance) -> str:
        """Between the nodes; the id of that link."""
        ours = {f"latency{name.removeprefix('network')}": value for name, value in me.values.items() if name.startswith("network_")}
        return world.inner_link(me.group, "ring", **ours)

    @classmethod
    def close_ring(cls, world: World, me: Instance) -> None:
        network = cls.network(world, me)
        world.set_route(me, "ring", [(network, member) for member in me.group.in_service])
        world.leave_out(me, "ring", [member for member in me.group.in_service if KNOWN_DOWN in member.memory])

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        yield cls._follow_ring(world, me)

    @classmethod
    def _follow_ring(cls, world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
        while True:
            cls.close_ring(world, me)
            yield me.group.changed

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        me.memory["away_since_s"] = world.env.now
        copies, write, read = (int(me.values[name]) for name in QUORUM)
        count = max(0, copies - max(write, read))
        world.losses.decided(me, "decided_quorum", me.group, QUORUM, copies=copies, write=write, read=read, count=count)
        world.start(me, cls._notice(world, me, world.env.now))

    @classmethod
    def _notice(cls, world: World, me: Instance, since_s: float) -> Generator[simpy.Event, Any, None]:
        yield world.env.timeout(float(me.values["detection_s"]))
        if not me.alive and me.memory["away_since_s"] == since_s:
            me.memory[KNOWN_DOWN] = True
            cls._tell_all(world, me)
            world.tell("node_out", me, "warning", marker=True, seconds=world.env.now - since_s)
            world.losses.noticed(me, next((other for other in me.group.in_service if other is not me), me))
            world.losses.decided(me, "decided_detection", me.group, ("detection_s",), seconds=me.values["detection_s"])

    @classmethod
    def _tell_all(cls, world: World, me: Instance) -> None:
        """The other nodes, and those who call them, hear of it."""
        for member in me.group.in_service:
            cls.close_ring(world, member)
        world.refresh_callers(me)

    @classmethod
    def answers(cls, me: Instance, verb: str) -> list[Instance]:
        there = me.group.in_service
        return [member for member in there if KNOWN_DOWN not in member.memory] or there

    @classmethod
    def notices(cls, me: Instance, world: World) -> bool:
        return KNOWN_DOWN in me.memory

    @classmethod
    def restored(cls, world: World, me: Instance) -> None:
        if me.memory.pop(KNOWN_DOWN, False):
            cls._tell_all(world, me)
            world.tell("node_back", me, "info")
        away_s = world.env.now - float(me.memory.get("away_since_s", world.env.now))
        if away_s > float(me.values["hint_window_s"]):
            world.tell("hints_expired", me, "warning", marker=True, seconds=away_s)
            return
        world.start(me, cls._hand_over(world, me))

    @classmethod
    def disk_freed(cls, world: World, me: Instance) -> None:
        if me.alive:
            world.start(me, cls._hand_over(world, me))

    @classmethod
    def _hand_over(cls, world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
        """The others send it what it missed, in batches that cost what the writes would have cost."""
        copies = int(me.values["replication_factor"])
        missed = world.data.behind_issued(me, "ring", copies)
        if not missed:
            return
        world.tell("catching_up", me, "info", writes=missed)
        left = missed
        while left > 0 and me.alive:
            sender = next((member for member in me.group.in_service if member.alive and member is not me), None)
            if sender is None:
                return
            batch = min(HANDOFF_BATCH, left)
            yield world.send_work(sender, cls.network(world, me), me, "replicate", batch * float(me.values["row_kb"]), float(batch))
            left -= batch
        if me.alive:
            world.data.take_issued(me, "ring", copies)
            world.disks.add(me, missed * float(me.values["row_kb"]) * float(me.values["written_share"]))
            me.memory["handed_over"] = int(me.memory.get("handed_over", 0)) + missed
            world.tell("replica_back", me, "good", marker=True)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter == "writes_to":
            world.rewrite([me])
        elif parameter.startswith("network_"):
            cls.network(world, me)

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        copies = parameters["replication_factor"]
        found = [("replication_factor", "more_copies_than_nodes")] if copies > parameters["instances"] else []
        found += [(name, "more_than_copies") for name in ("write_consistency", "read_consistency") if parameters[name] > copies]
        return found

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu, connections = window.pool("cpu"), window.pool("connections")
        return {
            "queries_per_s": window.rate("done"),
            "utilisation": window.highest(cpu.utilisation, connections.utilisation),
            "cpu": cpu.utilisation,
            "connections": connections.utilisation,
            "queue": cpu.mean_queue + connections.mean_queue,
            "latency_ms": window.mean_latency_ms,
            "handed_over": Told(_handed_over),
            "repaired": window.growth("repaired"),
            "disk_used_gb": window.disk_used_gb,
            "bottleneck": window.scarcest("cpu", "connections"),
        }


def _handed_over(window: NodeWindow) -> dict[str, float | None]:
    return {"handed_over": float(sum(int(each.memory.get("handed_over", 0)) for each in window.instances))}
