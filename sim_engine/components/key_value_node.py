"""What a key-value store and its replicas have in common: all keys in memory, a thread that executes commands, what is kept on disk.

A dead process has lost its memory and loads what is on its disk when it is back; until then it refuses requests and answers its checks.
Left out: how long it takes to write a snapshot, memory that a snapshot needs, flushes that several writes share, keys that expire.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import simpy
from numpy.typing import NDArray

from sim_engine.catalogue.component import Disk, Duration, KeyStore, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import Parameter, When, choice, distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_hour
from sim_engine.causes import CODE
from sim_engine.components.database_cluster import cluster_of
from sim_engine.components.database_node import DatabaseNode
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

MEMORY, DISK = _("Memory"), _("What is kept on disk")
NOTHING: Final = "none"
SNAPSHOTS: Final = "snapshots"
LOG_EACH_SECOND: Final = "log_each_second"
LOG_EACH_WRITE: Final = "log_each_write"
FLUSH_S: Final = 1.0  # between two flushes of the log: Redis, appendfsync everysec
LOADED_AT = "loaded_at_s"  # in Instance.memory, while it loads
SNAPSHOT_FAILED = "snapshot_failed"  # in Instance.memory, until there is room on the disk

KEY_VALUE_PARAMETERS: tuple[Parameter, ...] = (
    integer("threads", _("Threads"), 1, "", 1, 256, _("Operations at the same time."),
            source=_("Redis executes commands on one thread.")),
    number("operation_ms", _("Operation time"), 0.02, "ms", 0.0, 10_000.0, _("CPU time of one read or write."),
           source=_("redis-benchmark shows 50,000 to 180,000 operations a second without pipelining.")),
    *distribution_parameters("operation", _("Operation time distribution"), "constant"),
    integer("max_connections", _("Connection limit"), 10_000, "connections", 1, 10_000_000,
            _("Operations under way or waiting at the same time; what is beyond is dropped."), source=_("Redis: maxclients 10000.")),
    number("row_kb", _("Value size"), 1.0, "kB", 0.0, 100_000.0, _("Size of the answer to a read."), advanced=True),
    number("memory_gb", _("Memory for keys"), 6.4, "GB", 0.001, 100_000.0, _("All data must fit into it."), section=MEMORY,
           source=_("Amazon ElastiCache: a cache.m6g.large has 6.38 GB.")),
    number("data_gb", _("Data size"), 4.0, "GB", 0.001, 1_000_000.0,
           _("Size of all keys with their values. Behind a shard router each shard has its part of it."), section=MEMORY),
    choice("persistence", _("Persistence"), LOG_EACH_SECOND,
           ((NOTHING, _("None")), (SNAPSHOTS, _("Snapshots")), (LOG_EACH_SECOND, _("Log, flushed every second")),
            (LOG_EACH_WRITE, _("Log, flushed with every write"))),
           _("What is on the disk when the process dies. Everything else is lost."), section=DISK,
           source=_("Redis: save, appendonly, appendfsync everysec, appendfsync always.")),
    number("snapshot_s", _("Time between snapshots"), 300.0, "s", 1.0, 1_000_000.0,
           _("What was written since the last snapshot is lost with the process."), section=DISK, when=When("persistence", (SNAPSHOTS,)),
           source=_("Redis: save 300 100, after five minutes with a hundred writes.")),
    number("fork_ms_per_gb", _("Pause of a snapshot"), 12.0, "ms", 0.0, 10_000.0,
           _("For each GB of data, while the process is copied: its thread does nothing else."), section=DISK,
           when=When("persistence", (SNAPSHOTS,)), source=_("Redis, Diagnosing latency: 9 to 13 ms a GB on virtual and real machines.")),
    number("flush_ms", _("Flush time"), 1.0, "ms", 0.0, 10_000.0, _("Time until a write is really on the disk; the thread waits for it."),
           section=DISK, when=When("persistence", (LOG_EACH_WRITE,)), source=_("AWS EBS gp3: single-digit milliseconds.")),
    number("load_s_per_gb", _("Loading time"), 10.0, "s", 0.0, 10_000.0,
           _("For each GB of data, when it starts again, and when a replica copies everything."), section=DISK,
           source=_("Not calibrated: 100 MB a second.")),
    price_per_hour(0.149, _("Amazon ElastiCache 2025: $0.149 for a cache.m6g.large (2 processors, 6.4 GB).")),
)  # fmt: skip

KEY_VALUE_METRICS: tuple[Metric, ...] = (
    Metric("queries_per_s", _("Operations"), "requests/s", "rate"),
    Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
    Metric("cpu", _("CPU"), "ratio", "level"),
    Metric("connections", _("Connections in use"), "ratio", "level"),
    Metric("memory", _("Memory"), "ratio", "gauge"),
    Metric("found", _("Reads that find something"), "ratio", "share", _("The others asked for a key that is not there.")),
    Metric("evictions_per_s", _("Evictions"), "requests/s", "rate", _("Keys that are gone because others needed the room.")),
    Metric("queue", _("Queue"), "requests", "level"),
    Metric("latency_ms", _("Mean time here"), "ms", "level"),
    Metric("lag_ms", _("Replication lag"), "ms", "level", _("From commit at the primary to applied here.")),
)


def fits(values: Mapping[str, Any]) -> float:
    """Share of all keys that fit into memory."""
    return min(1.0, float(values["memory_gb"]) / float(values["data_gb"]))


class KeyValueNode(DatabaseNode):
    """Base of the key-value kinds; not a kind itself."""

    in_memory = True
    key_store = KeyStore(None, share=fits, inner=True)
    disk = Disk()  # as large as need be: it holds no more than the memory
    ports = (Port("replicas", _("Replicas"), ("key_value_replica",), style="replication", managed=True),)
    parameters = KEY_VALUE_PARAMETERS
    pools = (Pool("connections", "max_connections", never_waits=True, full="connection_limit"), Station("cpu", "threads"))
    durations = (
        Duration("operation", "operation_ms", "operation_distribution", "operation_cv"),
        Duration("flush", "flush_ms"),
        Duration("fork", "fork_ms_per_gb"),
    )
    metrics: ClassVar[tuple[Metric, ...]] = KEY_VALUE_METRICS

    # -- the way of a request
    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        if LOADED_AT in me.memory:
            on.path("read", "write")
            on.stop("refused")
        else:
            cls._read(on)
            cls._write(on, me)

        on.path("replicate")
        on.send("apply")
        on.reply()

        on.path("apply")
        on.serve("cpu", "operation")
        cls._to_disk(on, me)
        on.apply()
        on.fill("")
        on.reply()

        for verb in ("get", "put"):  # data that moves
            on.path(verb)
            on.serve("cpu", "operation", by_cost=True)
            on.reply()

        on.path("work")  # a snapshot begins
        on.serve("cpu", "fork", by_cost=True)
        on.reply()

        on.path("check")
        on.take("connections")
        on.serve("cpu", "operation")
        on.reply()

    @staticmethod
    def _read(on: Program) -> None:
        on.path("read")
        on.take("connections")
        on.serve("cpu", "operation", by_cost=True)
        on.look_up()
        with on.if_hit():
            on.read_version()
            on.size("row_kb")
        on.reply()

    @classmethod
    def _write(cls, on: Program, me: Instance) -> None:
        on.path("write")
        on.require_primary()
        on.take("connections")
        if me.values["persistence"] == LOG_EACH_WRITE:
            on.serve("cpu", "flush")
        on.serve("cpu", "operation", by_cost=True)
        if (me.settings_from or me).values.get("when_full") == "refuse":
            cls._refuse_when_full(on)
        cls._to_disk(on, me)
        on.commit()
        on.fill("")
        on.spawn("replicas", "replicate")
        on.reply()

    @staticmethod
    def _to_disk(on: Program, me: Instance) -> None:
        """A write that the log has no room for fails; so do those after a snapshot that has failed."""
        if me.values["persistence"] in (LOG_EACH_SECOND, LOG_EACH_WRITE):
            on.store(keeps=False)
        elif SNAPSHOT_FAILED in me.memory:
            on.stop("disk_full")

    @staticmethod
    def _refuse_when_full(on: Program) -> None:
        full, room = on.label(), on.label()
        on.look_up(stale_too=True)
        on.jump_if_hit(room)
        on.jump_if_full(full)
        on.jump(room)
        on.place(full)
        on.stop("out_of_memory")
        on.place(room)

    # -- memory and disk
    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        yield cls._keep_on_disk(world, me)
        if LOADED_AT in me.memory:
            yield cls._load(world, me)

    @classmethod
    def _keep_on_disk(cls, world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
        if "began" not in me.memory:
            me.memory["began"] = True
            world.data.hold_keys(me, world.data.keys_of(me))
            if me.values["persistence"] != NOTHING:
                world.data.keep(me)
        last_s = world.env.now
        while True:
            yield world.env.timeout(FLUSH_S)
            how = me.values["persistence"]
            if not me.alive or LOADED_AT in me.memory:
                continue
            if how == SNAPSHOTS and world.env.now >= last_s + float(me.values["snapshot_s"]):
                last_s = world.env.now
                if me.disk_full:
                    cls._fail_snapshot(world, me)
                    continue
                inner = world.inner_link(me.group, "disk")
                if (yield world.send_work(me, inner, me, "work", 0.0, cls.data_gb(me, world.data.keys_held(me).mean()))) == CODE["ok"]:
                    world.data.keep(me)
            elif how == LOG_EACH_SECOND and not me.disk_full:
                world.data.keep(me)

    @classmethod
    def _fail_snapshot(cls, world: World, me: Instance) -> None:
        if SNAPSHOT_FAILED not in me.memory:
            me.memory[SNAPSHOT_FAILED] = True
            world.rewrite([me])
            world.tell("snapshot_failed", me, "error", marker=True)

    @classmethod
    def disk_freed(cls, world: World, me: Instance) -> None:
        if me.memory.pop(SNAPSHOT_FAILED, False):
            world.rewrite([me])
        super().disk_freed(world, me)

    @classmethod
    def data_gb(cls, me: Instance, share: float) -> float:
        """Size of a share of all keys."""
        return share * float(me.values["data_gb"])

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        me.memory.pop(LOADED_AT, None)
        if me.values["persistence"] == LOG_EACH_WRITE:
            world.data.keep(me)
        super().killed(world, me)
        if cls.leads(me):
            world.data.take_kept_versions(me)

    @classmethod
    def leads(cls, me: Instance) -> bool:
        cluster = cluster_of(me)
        return cluster is None or cluster.primary is me

    @classmethod
    def restored(cls, world: World, me: Instance) -> None:
        if not cls.leads(me):
            super().restored(world, me)
            return
        gb = cls.data_gb(me, world.data.keys_kept(me).mean())
        load_s = gb * float(me.values["load_s_per_gb"])
        me.memory[LOADED_AT] = world.env.now + load_s
        world.rewrite([me])
        world.tell("loading", me, "info", gb=round(gb, 2), seconds=load_s)
        world.start(me, cls._load(world, me))

    @classmethod
    def _load(cls, world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
        began_s, until_s = world.env.now, me.memory[LOADED_AT]
        yield world.env.timeout(max(0.0, until_s - world.env.now))
        if me.memory.get(LOADED_AT) != until_s:  # it has died again
            return
        del me.memory[LOADED_AT]
        world.data.hold_keys(me, world.data.keys_kept(me))
        world.rewrite([me])
        cluster = cluster_of(me)
        if cluster is None or not cls.leads(me):
            return
        lost = world.data.forget_lost_writes(me)
        cluster.writes_lost += lost
        world.tell("loaded", me, "warning" if lost else "good", marker=True, writes=lost)
        world.losses.lose_writes(me, lost)
        world.losses.writes_go_on(me, cluster.owner)
        load_s = until_s - began_s
        world.losses.decided(me, "decided_load", cluster.owner, ("persistence", "load_s_per_gb"), seconds=load_s, writes=lost)
        for member in cluster.members:
            if member is not me and member.alive:  # it follows whoever is primary, also back
                cluster.came_back(world, member)

    @classmethod
    def recovery_s(cls, me: Instance, source: Instance, missed: int) -> float:
        """Whoever has lost its memory copies everything."""
        held = me.kernel.state.caches[[me.cache, source.cache]]["size"]
        if held[0] > 0:
            return missed * float(me.values["operation_ms"]) / 1000.0
        keys = max(1, int(me.kernel.state.caches[source.cache]["capacity"]))
        return cls.data_gb(source, fits(source.values) * int(held[1]) / keys) * float(me.values["load_s_per_gb"])

    @classmethod
    def copy_data(cls, world: World, me: Instance, source: Instance) -> None:
        super().copy_data(world, me, source)
        world.data.hold_keys(me, world.data.keys_held(source))

    @classmethod
    def keys_moved(cls, world: World, me: Instance, keys: NDArray[np.int64], here: bool) -> None:
        held = world.data.keys_held(me)
        held[keys] = here
        world.data.hold_keys(me, held)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter == "persistence":
            me.memory.pop(SNAPSHOT_FAILED, None)
            world.rewrite([me])

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu, connections = window.pool("cpu"), window.pool("connections")
        me = window.instance
        keys = window.highest(window.number(1.0), window.room_for_keys)
        return {
            "queries_per_s": window.rate("done"),
            "utilisation": window.highest(cpu.utilisation, connections.utilisation),
            "cpu": cpu.utilisation,
            "connections": connections.utilisation,
            "memory": window.keys_held / keys * min(1.0, float(me.values["data_gb"]) / float(me.values["memory_gb"])),
            "found": window.share("hits", "lookups"),
            "evictions_per_s": window.rate("evictions"),
            "queue": cpu.mean_queue,
            "latency_ms": window.mean_latency_ms,
            "lag_ms": window.mean_lag_ms,
            "bottleneck": window.scarcest("cpu", "connections"),
        }
