"""Cache: real keys in memory, least recently used out first, with a time to live.

The hit ratio follows from the keys that requests ask for. It loses everything when it dies.
Left out: other evictions, several nodes, memory by size of value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.component import Component, Duration, KeyStore, Metric, Pool, Station
from sim_engine.catalogue.parameter import distribution_parameters, integer, number
from sim_engine.texts import _
from sim_engine.theory.regimes import cache_expectation

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World


class Cache(Component):
    kind = "cache"
    title = _("Cache")
    group = "data"
    order = 2
    icon = "zap"
    summary = _("Keeps what is asked for often in memory, in front of a slower store.")
    left_out = _("Evictions other than the least recently used, several nodes, memory by the size of values.")
    provides = "cache"
    parameters = (
        integer("capacity_keys", _("Capacity"), 20_000, "keys", 1, 1_000_000, _("Keys that fit; then the least recently used one goes.")),
        number("ttl_s", _("Time to live"), 300.0, "s", 0.0, 1_000_000.0, _("How long a value is good after it was put; 0 is for ever.")),
        integer("threads", _("Threads"), 1, "", 1, 256, _("Operations at the same time."),
                source=_("Redis executes commands on one thread.")),
        number("operation_ms", _("Operation time"), 0.02, "ms", 0.0, 10_000.0, _("CPU time of one get, put or delete."),
               source=_("redis-benchmark shows 50,000 to 180,000 operations a second without pipelining.")),
        *distribution_parameters("operation", _("Operation time distribution"), "constant"),
        integer("max_connections", _("Connection limit"), 10_000, "connections", 1, 10_000_000,
                _("Operations under way or waiting at the same time; what is beyond is dropped."), source=_("Redis: maxclients 10000.")),
        number("value_kb", _("Value size"), 4.0, "kB", 0.0, 100_000.0, _("Size of a value in the answer to a hit."), advanced=True),
    )  # fmt: skip
    pools = (
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Station("cpu", "threads"),
    )
    durations = (Duration("operation", "operation_ms", "operation_distribution", "operation_cv"),)
    key_store = KeyStore("capacity_keys")
    metrics = (
        Metric("hit_ratio", _("Hit ratio"), "ratio", "share"),
        Metric("operations_per_s", _("Operations"), "requests/s", "rate"),
        Metric("utilisation", _("CPU"), "ratio", "level"),
        Metric("queue", _("Queue"), "requests", "level"),
        Metric("keys", _("Keys held"), "keys", "gauge"),
        Metric("evictions_per_s", _("Evictions"), "requests/s", "rate"),
    )
    headline = "hit_ratio"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("get")
        on.take("connections")
        on.serve("cpu", "operation")
        on.look_up()
        with on.if_hit():
            on.size("value_kb")
        on.reply()

        on.path("put")
        on.take("connections")
        on.serve("cpu", "operation")
        on.fill("ttl_s")
        on.reply()

        on.path("delete")
        on.take("connections")
        on.serve("cpu", "operation")
        on.remove()
        on.reply()

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        world.empty_cache(me)

    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        return cache_expectation(world, me, steady)

    @classmethod
    def measure(cls, window: NodeWindow) -> dict[str, float | str | None]:
        cpu = window.pool("cpu")
        return {
            "hit_ratio": window.share("hits", "lookups"),
            "operations_per_s": window.rate("done"),
            "utilisation": max(cpu.utilisation, window.pool("connections").utilisation),
            "queue": cpu.mean_queue,
            "keys": window.keys_held,
            "evictions_per_s": window.rate("evictions"),
            "bottleneck": window.scarcest("cpu", "connections"),
        }
