"""What a primary and its replicas have in common: connections, CPU, reads, writes and applying what is replicated.

Left out: disk and buffer memory, locks and hot rows, more than one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sim_engine.catalogue.component import Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import Parameter, distribution_parameters, integer, number
from sim_engine.components.database_cluster import cluster_of
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

NODE_PARAMETERS: tuple[Parameter, ...] = (
    integer("cores", _("Cores"), 8, "cores", 1, 1_024, _("Queries that it works on at the same time.")),
    integer("max_connections", _("Connections"), 100, "connections", 1, 1_000_000,
            _("Queries that it takes on at the same time."), source=_("PostgreSQL: max_connections = 100.")),
    integer("connection_queue_limit", _("Waiting for a connection"), 500, "requests", 0, 10_000_000,
            _("Queries that may wait for a connection; what is beyond fails.")),
    number("read_ms", _("Read time"), 3.0, "ms", 0.0, 600_000.0, _("Mean time of one read on one core.")),
    number("write_ms", _("Write time"), 5.0, "ms", 0.0, 600_000.0, _("Mean time of one write on one core, commit included.")),
    *distribution_parameters("service", _("Spread of these times")),
    number("apply_ms", _("Apply time"), 1.0, "ms", 0.0, 60_000.0,
           _("Time to apply one replicated write; one at a time, on the same cores as the reads.")),
    number("row_kb", _("Row size"), 2.0, "kB", 0.0, 100_000.0, _("Size of the answer to a read."), advanced=True),
)  # fmt: skip

NODE_METRICS: tuple[Metric, ...] = (
    Metric("queries_per_s", _("Queries"), "requests/s", "rate"),
    Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
    Metric("cpu", _("CPU"), "ratio", "level"),
    Metric("connections", _("Connections in use"), "ratio", "level"),
    Metric("queue", _("Waiting for a connection or a core"), "requests", "level"),
    Metric("latency_ms", _("Mean time here"), "ms", "level"),
    Metric("lag_ms", _("Replication lag"), "ms", "level", _("From commit at the primary to applied here.")),
)


class DatabaseNode(Component):
    """Base of the database kinds; not a kind itself."""

    group = "data"
    has_versions = True
    ports = (Port("replicas", _("Replicas"), ("replica",), style="replication", managed=True),)
    parameters = NODE_PARAMETERS
    pools = (
        Pool("connections", "max_connections", "connection_queue_limit", full="pool_exhausted"),
        Station("cpu", "cores"),
        Pool("apply", "", capacity_value=1.0),
    )
    durations = (
        Duration("read", "read_ms", "service_distribution", "service_cv"),
        Duration("write", "write_ms", "service_distribution", "service_cv"),
        Duration("apply", "apply_ms"),
        Duration("check", "", mean_s=0.0001),
    )
    metrics: ClassVar[tuple[Metric, ...]] = NODE_METRICS
    headline = "queries_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        cluster = cluster_of(me)
        on.path("read")
        on.take("connections")
        on.serve("cpu", "read")
        on.read_version()
        on.size("row_kb")
        on.reply()

        on.path("write")
        on.require_primary()
        on.take("connections")
        on.serve("cpu", "write")
        on.commit()
        if cluster is not None and cluster.synchronous:
            on.call_all("replicas", "apply")
            on.stop_if_failed()
        else:
            on.spawn("replicas", "replicate")
        on.reply()

        on.path("replicate")
        if cluster is not None:
            on.next_tick("replication_batch_ms")
        on.send("apply")
        on.reply()

        on.path("apply")
        on.take("apply")
        on.serve("cpu", "apply")
        on.apply()
        on.reply()

        on.path("check")
        on.take("connections")
        on.serve("cpu", "check")
        on.reply()

    @classmethod
    def role(cls, me: Instance) -> str | None:
        cluster = cluster_of(me)
        if cluster is None or len(cluster.members) == 1:
            return "primary" if cluster is not None else None
        return "primary" if cluster.primary is me else "replica"

    @classmethod
    def restored(cls, world: World, me: Instance) -> None:
        cluster = cluster_of(me)
        if cluster is not None:
            cluster.came_back(world, me)

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        cluster = cluster_of(me)
        if cluster is not None:
            cluster.died(world, me)

    @classmethod
    def notices(cls, me: Instance, world: World) -> bool:
        cluster = cluster_of(me)
        return cluster is None or cluster.knows_down(me)

    @classmethod
    def measure(cls, window: NodeWindow) -> dict[str, float | str | None]:
        cpu, connections = window.pool("cpu"), window.pool("connections")
        return {
            "queries_per_s": window.rate("done"),
            "utilisation": max(cpu.utilisation, connections.utilisation),
            "cpu": cpu.utilisation,
            "connections": connections.utilisation,
            "queue": cpu.mean_queue + connections.mean_queue,
            "latency_ms": window.mean_latency_ms,
            "lag_ms": window.mean_lag_ms,
            "bottleneck": window.scarcest("cpu", "connections"),
        }
