"""Server: one machine that runs your code, with cores, workers, memory and a network card; the scarcest is the bottleneck.

A worker and its memory stay held while the request waits for a cache or a database: that is how a slow database exhausts servers.
Left out: disk, garbage collection, several instances on one card, cold start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.component import Card, Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import choice, distribution_parameters, integer, number
from sim_engine.texts import _
from sim_engine.theory.regimes import LIMITED, station_expectation

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World


class Server(Component):
    kind = "server"
    title = _("Server")
    group = "compute"
    icon = "server"
    summary = _("One machine that runs your code.")
    left_out = _("Disk, garbage collection, several instances on one card, start-up time.")
    provides = "http"
    ports = (
        Port("cache", _("Cache"), ("cache",)),
        Port("database", _("Database"), ("sql",), by_verb=True),
        Port("service", _("Further service"), ("http",)),
    )
    parameters = (
        integer("cores", _("Cores"), 4, "cores", 1, 1_024, _("Requests that the CPU works on at the same time.")),
        number("service_ms", _("Service time"), 5.0, "ms", 0.0, 600_000.0, _("Mean CPU time of one request.")),
        *distribution_parameters("service", _("Service time distribution")),
        choice("discipline", _("Queue discipline"), "fifo",
               (("fifo", _("First in, first out")), ("lifo", _("Last in, first out")), ("sharing", _("Processor sharing")),
                ("writes_first", _("Writes first"))),
               _("Who is next when a core is free. With processor sharing all are served at once, each more slowly, "
                 "as an operating system does it."),
               advanced=True, live=False),
        integer("workers", _("Workers"), 64, "workers", 1, 1_000_000,
                _("Requests that it takes on at the same time, those that wait for a database included."),
                source=_("Tomcat has 200 worker threads by default, Gunicorn advises 2 to 4 for each core.")),
        integer("queue_limit", _("Queue limit"), 256, "requests", 0, 100_000_000,
                _("Requests that may wait for a worker; what is beyond is dropped."),
                source=_("Tomcat's acceptCount is 100, Linux's somaxconn 4096.")),
        number("memory_mb", _("Memory"), 8_192.0, "MB", 1.0, 25_000_000.0, _("Memory for requests."), advanced=True),
        number("request_memory_mb", _("Memory for each request"), 16.0, "MB", 0.0, 1_000_000.0,
               _("Held as long as the request is under way."), advanced=True),
        number("network_mbit_s", _("Network"), 1_000.0, "Mbit/s", 0.0, 1_000_000.0,
               _("What its network card sends; 0 is without limit.")),
        number("response_kb", _("Response size"), 20.0, "kB", 0.0, 1_000_000.0, _("Size of one answer."),
               source=_("HTTP Archive 2025: the median HTML document has about 30 kB.")),
        number("health_check_ms", _("Health check work"), 0.2, "ms", 0.0, 10_000.0, _("CPU time of one health check."), advanced=True),
    )  # fmt: skip
    pools = (
        Pool("workers", "workers", "queue_limit"),
        Pool("memory", "memory_mb"),
        Station("cpu", "cores", "discipline"),
        Card("network", "network_mbit_s"),
    )
    durations = (
        Duration("service", "service_ms", "service_distribution", "service_cv"),
        Duration("check", "health_check_ms"),
    )
    metrics = (
        Metric("done_per_s", _("Done"), "requests/s", "rate"),
        Metric("utilisation", _("Scarcest resource"), "ratio", "level", _("The busiest of CPU, workers, memory and network.")),
        Metric("cpu", _("CPU"), "ratio", "level"),
        Metric("workers", _("Workers"), "ratio", "level"),
        Metric("memory", _("Memory"), "ratio", "level"),
        Metric("network", _("Network"), "ratio", "level"),
        Metric("queue", _("Waiting for a worker or a core"), "requests", "level"),
        Metric("latency_ms", _("Mean time here"), "ms", "level"),
        Metric("wasted_per_s", _("Wasted work"), "requests/s", "rate", _("Finished after the caller had stopped waiting.")),
    )  # fmt: skip
    headline = "done_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        has_cache = bool(me.links_of("cache"))
        has_database = bool(me.links_of("database"))
        on.path("read", "write")
        on.take("workers")
        on.take("memory", "request_memory_mb")
        on.serve("cpu", "service")
        answer = on.label()
        with on.if_verb("read"):
            if has_cache:
                cls._read_through_cache(on, has_database)
            elif has_database:
                on.call("database", "read", by_verb="read")
                on.stop_if_failed()
        with on.if_verb("write"):
            if has_database:
                on.call("database", "write", size="own", by_verb="write")
                on.stop_if_failed()
            if has_cache:
                on.call("cache", "delete")
                on.clear()
        if me.links_of("service"):
            on.call("service", size="own")
            on.stop_if_failed()
        on.place(answer)
        on.size("response_kb")
        on.transmit("network")
        on.reply()

        on.path("check")
        on.take("workers")
        on.serve("cpu", "check")
        on.reply()

    @staticmethod
    def _read_through_cache(on: Program, has_database: bool) -> None:
        """Cache-aside: ask the cache, on a miss the database, then put the value into the cache."""
        found, missed = on.label(), on.label()
        on.call("cache", "get")
        on.flag_if_ok()
        on.jump_if_failed(missed)
        on.jump_if_hit(found)
        on.place(missed)
        on.clear()
        if has_database:
            on.call("database", "read", by_verb="read")
            on.stop_if_failed()
            with on.if_flag():
                on.call("cache", "put", size="reply")
                on.clear()
        on.place(found)

    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        workers = world.memory.state.pools[me.pools["workers"]]
        if workers["waited"] > 0 or workers["rejected"] > 0:
            return LIMITED
        return station_expectation(world, me, steady, "cpu", "service")

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        too_little = parameters["request_memory_mb"] > parameters["memory_mb"]
        return [("request_memory_mb", "memory_for_none")] if too_little else []

    @classmethod
    def measure(cls, window: NodeWindow) -> dict[str, float | str | None]:
        cpu, workers = window.pool("cpu"), window.pool("workers")
        memory, network = window.pool("memory"), window.pool("network")
        return {
            "done_per_s": window.rate("done"),
            "utilisation": max(cpu.utilisation, workers.utilisation, memory.utilisation, network.utilisation),
            "cpu": cpu.utilisation,
            "workers": workers.utilisation,
            "memory": memory.utilisation,
            "network": network.utilisation,
            "queue": cpu.mean_queue + workers.mean_queue + memory.mean_queue,
            "latency_ms": window.mean_latency_ms,
            "wasted_per_s": window.rate("wasted"),
            "bottleneck": window.scarcest("cpu", "workers", "memory", "network"),
        }
