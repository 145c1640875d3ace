"""Cache: real keys in memory with a time to live; who goes when it is full is a choice. It loses everything when it dies.

Beside a database (both linked from a server) the server fills it: cache-aside. In front of one (linked to it) the cache reads and
writes the database itself: read-through, and write-through, write-back or write-around. Several nodes share the keys by a ring of hashes.
Left out: memory by the size of values, copies of a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.component import Component, Duration, KeyStore, Metric, Pool, Port, Station
from sim_engine.catalogue.growth import growth_parameters
from sim_engine.catalogue.parameter import When, boolean, choice, distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_hour
from sim_engine.texts import _
from sim_engine.theory.regimes import cache_expectation
from sim_engine.world.figures import Told

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

FRONT = _("In front of a database")


class Cache(Component):
    kind = "cache"
    title = _("Cache")
    group = "data"
    order = 2
    icon = "zap"
    summary = _("Keeps what is asked for often in memory, in front of a slower store.")
    left_out = _("Memory by the size of values, copies of a node that take over.")
    provides = "cache"
    actions = (*Component.actions, "purge")
    parameters = (
        integer("capacity_keys", _("Capacity"), 20_000, "keys", 1, 1_000_000, _("Keys that fit into one node; then one must go.")),
        choice("eviction", _("Eviction"), "lru",
               (("lru", _("Least recently used")), ("lfu", _("Least frequently used")), ("fifo", _("Oldest first")),
                ("random", _("Random"))),
               _("Which key goes when a new one finds no room."), source=_("Redis: allkeys-lru, allkeys-lfu, allkeys-random.")),
        number("ttl_s", _("Time to live"), 300.0, "s", 0.0, 1_000_000.0, _("How long a value is good after it was put; 0 is for ever.")),
        number("ttl_jitter", _("Spread of the time to live"), 0.0, "ratio", 0.0, 1.0,
               _("Share by which each value's life varies at random, so that what was put together does not expire together."),
               advanced=True),
        boolean("ttl_slides", _("Sliding expiry"), False, _("A hit makes the value good for its whole life again."), advanced=True),
        choice("writes", _("Writes"), "through",
               (("through", _("Write-through: database first, then here")), ("back", _("Write-back: here at once, database later")),
                ("around", _("Write-around: database only, the key is forgotten here"))),
               _("What a write does when the cache stands in front of a database."), section=FRONT),
        number("write_back_delay_ms", _("Write-back delay"), 500.0, "ms", 0.0, 600_000.0,
               _("How long a write stays only here. What has not reached the database is lost when the cache dies."), section=FRONT,
               when=When("writes", ("back",))),
        boolean("single_flight", _("Single flight"), False,
                _("Of those who miss the same key at the same time only the first asks the database; the others wait for its answer."),
                section=FRONT, source=_("groupcache and Varnish do so.")),
        integer("threads", _("Threads"), 1, "", 1, 256, _("Operations at the same time."),
                source=_("Redis executes commands on one thread.")),
        number("operation_ms", _("Operation time"), 0.02, "ms", 0.0, 10_000.0, _("CPU time of one get, put or delete."),
               source=_("redis-benchmark shows 50,000 to 180,000 operations a second without pipelining.")),
        *distribution_parameters("operation", _("Operation time distribution"), "constant"),
        integer("max_connections", _("Connection limit"), 10_000, "connections", 1, 10_000_000,
                _("Operations under way or waiting at the same time; what is beyond is dropped."), source=_("Redis: maxclients 10000.")),
        number("value_kb", _("Value size"), 4.0, "kB", 0.0, 100_000.0, _("Size of a value in the answer to a hit."), advanced=True),
        *growth_parameters(5.0, _("Not calibrated: a container with a small program.")),
        price_per_hour(0.149, _("Amazon ElastiCache 2025: $0.149 for a cache.m6g.large (2 processors, 6.4 GB).")),
    )  # fmt: skip
    pools = (
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Station("cpu", "threads"),
    )
    ports = (Port("database", _("Database behind it"), ("sql",), by_verb=True),)
    durations = (
        Duration("operation", "operation_ms", "operation_distribution", "operation_cv"),
        Duration("write_back", "write_back_delay_ms"),
    )
    key_store = KeyStore("capacity_keys", eviction="eviction", slides="ttl_slides")
    grows = True
    metrics = (
        Metric("hit_ratio", _("Hit ratio"), "ratio", "share"),
        Metric("operations_per_s", _("Operations"), "requests/s", "rate"),
        Metric("utilisation", _("CPU"), "ratio", "level"),
        Metric("queue", _("Queue"), "requests", "level"),
        Metric("keys", _("Keys held"), "keys", "gauge"),
        Metric("evictions_per_s", _("Evictions"), "requests/s", "rate"),
        Metric("writes_lost", _("Writes lost"), "requests", "count", _("Written here and gone before they reached the database.")),
    )
    headline = "hit_ratio"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        in_front = bool(me.links_of("database"))
        cls._operation(on, "get")
        on.look_up()
        if in_front:
            cls._read_through(on, bool(me.values["single_flight"]))
        else:
            with on.if_hit():
                on.size("value_kb")
        on.reply()

        cls._operation(on, "put")
        on.fill("ttl_s", "ttl_jitter")
        on.reply()

        cls._operation(on, "delete")
        on.remove()
        on.reply()

        cls._operation(on, "write")
        if in_front:
            cls._write(on, str(me.values["writes"]))
        else:
            on.remove()
        on.reply()

    @staticmethod
    def _operation(on: Program, verb: str) -> None:
        on.path(verb)
        on.take("connections")
        on.serve("cpu", "operation")

    @staticmethod
    def _read_through(on: Program, single_flight: bool) -> None:
        found, fetched = on.label(), on.label()
        on.jump_if_hit(found)
        if single_flight:
            on.lead_or_follow(fetched)
        on.call("database", "read", by_verb="read")
        on.stop_if_failed()
        on.fill("ttl_s", "ttl_jitter")
        on.land()
        on.place(fetched)
        on.stop_if_failed()
        on.place(found)
        on.size("value_kb")

    @staticmethod
    def _write(on: Program, how: str) -> None:
        if how == "back":
            on.new_version(kept=True)
            on.fill("ttl_s", "ttl_jitter")
            with on.aside():
                on.delay("write_back")
                on.call("database", "write", size="own", by_verb="write")
            return
        on.call("database", "write", size="own", by_verb="write")
        on.stop_if_failed()
        if how == "through":
            on.fill("ttl_s", "ttl_jitter")
        else:
            on.remove()

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        """In front of a database its versions are those of the database, and it may be ahead of it."""
        for link_id in me.links_of("database")[:1]:
            world.data.share_issued_versions(me, world.target_of(link_id))

    @classmethod
    def act(cls, world: World, me: Instance, name: str, arguments: Mapping[str, Any], begins: bool) -> None:
        for node in me.group.members:
            world.data.empty_cache(node)

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        world.data.empty_cache(me)
        if me.links_of("database") and me.values["writes"] == "back":
            lost = world.data.forget_unwritten(me)
            me.memory["writes_lost"] = int(me.memory.get("writes_lost", 0)) + lost
            world.losses.lose_writes(me, lost)
            seconds = me.values["write_back_delay_ms"] / 1000.0
            world.losses.decided(me, "decided_write_back", me.group, ("writes", "write_back_delay_ms"), seconds=seconds)
            if lost:
                world.tell("writes_lost_with_cache", me, "error", marker=True, writes=lost)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter in ("writes", "single_flight"):
            world.rewrite([me])

    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        return cache_expectation(world, me, steady)

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu = window.pool("cpu")
        return {
            "hit_ratio": window.share("hits", "lookups"),
            "operations_per_s": window.rate("done"),
            "utilisation": window.highest(cpu.utilisation, window.pool("connections").utilisation),
            "queue": cpu.mean_queue,
            "keys": window.keys_held,
            "evictions_per_s": window.rate("evictions"),
            "writes_lost": Told(_writes_lost),
            "bottleneck": window.scarcest("cpu", "connections"),
        }


def _writes_lost(window: NodeWindow) -> dict[str, float | None]:
    return {"writes_lost": float(sum(int(each.memory.get("writes_lost", 0)) for each in window.instances))}
