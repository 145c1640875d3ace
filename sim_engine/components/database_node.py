"""What a primary and its replicas have in common: connections, CPU, reads, writes and applying what is replicated.

What does not fit into its memory is read from disk. Writes of the same row may wait for each other's locks.
Left out: transactions over several rows, deadlocks, more than one table, checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sim_engine.catalogue.component import Card, Disk, Duration, KeyStore, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import Parameter, heavy_distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_hour, storage_prices
from sim_engine.catalogue.storage import USED_DISK, written_share
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.components.database_cluster import ClusterMember, cluster_of
from sim_engine.components.flavours import DEFAULTS, FLAVOUR_PARAMETERS, connection_memory, data_memory_gb, in_effect
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

STORAGE = _("Memory and disk")


def spills(values: Mapping[str, Any]) -> bool:
    """Whether the data does not fit into memory."""
    return bool(values["data_gb"] > data_memory_gb(values))


def share_in_memory(values: Mapping[str, Any]) -> float:
    """Of all rows, where some do not fit; one always does."""
    return max(1e-9, data_memory_gb(values) / float(values["data_gb"])) if spills(values) else 0.0


NODE_PARAMETERS: tuple[Parameter, ...] = (
    integer("cores", _("Cores"), 8, "cores", 1, 1_024, _("Queries that it works on at the same time.")),
    integer("max_connections", _("Connections"), 100, "connections", 1, 1_000_000,
            _("Queries that it takes on at the same time."), source=_("PostgreSQL: max_connections = 100.")),
    integer("connection_queue_limit", _("Waiting for a connection"), 500, "requests", 0, 10_000_000,
            _("Queries that may wait for a connection; what is beyond fails.")),
    number("read_ms", _("Read time"), 3.0, "ms", 0.0, 600_000.0, _("Mean time of one read on one core.")),
    number("write_ms", _("Write time"), 5.0, "ms", 0.0, 600_000.0, _("Mean time of one write on one core, commit included.")),
    *heavy_distribution_parameters("service", _("Spread of these times")),
    number("apply_ms", _("Apply time"), 1.0, "ms", 0.0, 60_000.0,
           _("Time to apply one replicated write; one at a time, on the same cores as the reads.")),
    number("buffer_gb", _("Buffer memory"), 16.0, "GB", 0.0, 100_000.0,
           _("Memory for data. What is used often stays there, the rest is read from disk."), section=STORAGE,
           source=_("PostgreSQL's guide: shared buffers of a quarter of the machine's memory.")),
    number("data_gb", _("Data size"), 10.0, "GB", 0.0, 1_000_000.0,
           _("Size of all rows and indexes. As long as it fits into the buffer memory, the disk is not read."), section=STORAGE),
    number("disk_read_ms", _("Disk read time"), 0.5, "ms", 0.0, 10_000.0, _("Mean time to read one row that is not in memory."),
           section=STORAGE, source=_("Network-attached solid-state disks: about 0.5 to 1 ms; local ones 0.1 ms.")),
    integer("disk_queue_depth", _("Reads at the same time"), 16, "", 1, 4_096, _("Reads that the disk works on at once."), section=STORAGE),
    written_share(STORAGE),
    number("row_kb", _("Row size"), 2.0, "kB", 0.0, 100_000.0, _("Size of the answer to a read."), advanced=True),
    price_per_hour(0.636, _("Amazon RDS for PostgreSQL 2025: $0.636 for a db.m6g.2xlarge (8 processors, 32 GB) in one zone.")),
    *storage_prices(100.0, 0.115, _("Amazon RDS 2025: $0.115 a GB and month, general purpose disk in one zone.")),
)  # fmt: skip

SQL_NODE_PARAMETERS: tuple[Parameter, ...] = (*FLAVOUR_PARAMETERS, *NODE_PARAMETERS, connection_memory(STORAGE))

WITH_LOCKS = "lock_rows"
SHAPES_MEMORY = ("buffer_gb", "data_gb", "flavour", "max_connections", "connection_memory_mb")

NODE_METRICS: tuple[Metric, ...] = (
    Metric("queries_per_s", _("Queries"), "requests/s", "rate"),
    Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
    Metric("cpu", _("CPU"), "ratio", "level"),
    Metric("disk", _("Disk"), "ratio", "level"),
    Metric("in_memory", _("Found in memory"), "ratio", "share", _("Rows that need not be read from disk.")),
    Metric("connections", _("Connections in use"), "ratio", "level"),
    Metric("queue", _("Waiting for a connection or a core"), "requests", "level"),
    Metric("latency_ms", _("Mean time here"), "ms", "level"),
    Metric("lag_ms", _("Replication lag"), "ms", "level", _("From commit at the primary to applied here.")),
    USED_DISK,
)


class DatabaseNode(ClusterMember):
    """Base of the database kinds; not a kind itself."""

    group = "data"
    has_versions = True
    key_store = KeyStore(None, share=share_in_memory, inner=True)
    disk = Disk("storage_gb", "data_gb", "written_share")
    ports = (Port("replicas", _("Replicas"), ("replica",), style="replication", managed=True),)
    parameters = NODE_PARAMETERS
    pools: ClassVar[tuple[Pool | Station | Card, ...]] = (
        Pool("connections", "max_connections", "connection_queue_limit", full="pool_exhausted"),
        Station("cpu", "cores"),
        Pool("apply", "", capacity_value=1.0),
        Station("disk", "disk_queue_depth"),
    )
    decides: ClassVar = {"flavour": tuple(DEFAULTS)}
    durations: ClassVar[tuple[Duration, ...]] = (
        Duration("read", "read_ms", "service_distribution", "service_cv"),
        Duration("write", "write_ms", "service_distribution", "service_cv"),
        Duration("apply", "apply_ms"),
        Duration("disk_read", "disk_read_ms"),
        Duration("check", "", mean_s=0.0001),
        Duration("unanswered", "", mean_s=0.0),  # see Cluster.unanswered_s
    )
    metrics: ClassVar[tuple[Metric, ...]] = NODE_METRICS
    actions = (*ClusterMember.actions, "pool_exhausted", "disk_full")
    leaks = ("connections",)
    headline = "queries_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def actual(cls, values: Mapping[str, Any], name: str) -> Any:
        return in_effect(values, name)

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        return wire.says("rule_replicates_at_once" if wire.own.get("replication") == "synchronous" else "rule_replicates_later")

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        cluster = cluster_of(me)
        on.path("read")
        on.take("connections")
        cls._from_disk(on, me)
        on.serve("cpu", "read", by_cost=True)
        on.read_version()
        on.size((me.settings_from or me).component.record_size)
        on.reply()

        on.path("write")
        on.require_primary()
        on.take("connections")
        settings = me.settings_from or me
        if WITH_LOCKS in settings.values and in_effect(settings.values, WITH_LOCKS):
            on.lock_key()
        cls._from_disk(on, me)
        on.serve("cpu", "write", by_cost=True)
        on.store("written_share")
        on.commit()
        if cluster is not None and cluster.primary is me and cluster.unanswered_s is not None:
            on.delay("unanswered")
            on.stop("replication_timeout")
        elif cluster is not None and cluster.waits_for_replicas:
            on.call_all("replicas", "apply", cluster.enough)
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
        on.store("written_share")
        on.apply()
        on.reply()

        for verb in ("get", "put"):  # data that moves
            on.path(verb)
            on.serve("cpu", "apply", by_cost=True)
            on.reply()

        on.path("check")
        on.take("connections")
        on.serve("cpu", "check")
        on.reply()

    @classmethod
    def _from_disk(cls, on: Program, me: Instance) -> None:
        """A row that is not in memory is read first."""
        if not spills(me.values):
            return
        there = on.label()
        on.look_up()
        on.jump_if_hit(there)
        on.serve("disk", "disk_read")
        on.fill("")
        on.place(there)

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
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter in SHAPES_MEMORY:
            world.rewrite([me])

    @classmethod
    def disk_freed(cls, world: World, me: Instance) -> None:
        """A replica copies what it could not store."""
        cluster = cluster_of(me)
        if cluster is not None and me.alive and me not in cluster.acting():
            cluster.came_back(world, me)

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        world.data.forget_memory(me)
        cluster = cluster_of(me)
        if cluster is not None:
            cluster.died(world, me)

    @classmethod
    def notices(cls, me: Instance, world: World) -> bool:
        cluster = cluster_of(me)
        return cluster is None or cluster.knows_down(me)

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu, connections, disk = window.pool("cpu"), window.pool("connections"), window.pool("disk")
        return {
            "queries_per_s": window.rate("done"),
            "utilisation": window.highest(cpu.utilisation, connections.utilisation, disk.utilisation),
            "cpu": cpu.utilisation,
            "disk": disk.utilisation,
            "in_memory": window.share("hits", "lookups"),
            "connections": connections.utilisation,
            "queue": cpu.mean_queue + connections.mean_queue + disk.mean_queue,
            "latency_ms": window.mean_latency_ms,
            "lag_ms": window.mean_lag_ms,
            "disk_used_gb": window.disk_used_gb,
            "bottleneck": window.scarcest("cpu", "connections", "disk"),
        }
