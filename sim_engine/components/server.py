"""Server: a machine that runs your code, or several equal ones. CPU, memory, network card, disk, workers: the scarcest is the bottleneck.

With threads, a worker stays held while its request waits for a cache or a database: that is how a slow database exhausts servers.
Each instance may keep data of its own, on the same machine: the server that does everything.
Left out: garbage collection, caches that are cold after a start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sim_engine.catalogue.component import Card, Component, Disk, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.storage import USED_DISK
from sim_engine.components import machines
from sim_engine.components.server_life import is_burstable, spend_credits, warm_up, watch_memory
from sim_engine.components.server_parameters import SERVER_PARAMETERS
from sim_engine.components.wiring import OwnData, call_data_and_services
from sim_engine.texts import _
from sim_engine.theory.regimes import LIMITED, MIXED, station_expectation, work_differs

if TYPE_CHECKING:
    from sim_engine.catalogue.wire import Sentence, Wire
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.figures import Figure, Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

# Parameters that shape the code: it is written anew when one changes
SHAPING: Final = ("calls", "concurrency", "disk_reads", "disk_writes", "serves_static", "single_flight")
RESOURCES: Final = ("cpu", "workers", "memory", "network", "disk", "event_loops", "connections")


class Server(Component):
    kind = "server"
    title = _("Server")
    group = "compute"
    icon = "server"
    summary = _("A machine that runs your code, or several equal ones.")
    left_out = _("Garbage collection, caches that are cold after a start.")
    provides = "http"
    ports = (
        Port("cache", _("Cache"), ("cache",), policy="@by_key"),
        Port("database", _("Database"), ("sql",), by_verb=True),
        Port("service", _("Further service"), ("http",)),
        Port("storage", _("Object storage"), ("object_storage",)),
        Port("queue", _("Message queue"), ("queue",), style="message"),
    )
    parameters = SERVER_PARAMETERS
    disk = Disk("disk_gb")
    decides: ClassVar = {"size": machines.DECIDED, "own_database": ("database_memory_mb",)}
    pools = (
        Pool("workers", "workers", "queue_limit"),
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Pool("memory", "memory_mb", less=("base_memory_mb", "database_memory_mb")),
        Pool("event_loops", "event_loops"),
        Station("cpu", "cores", "discipline"),
        Station("disk", "disk_parallel"),
        Card("network", "network_mbit_s"),
        Card("network_in", "network_mbit_s"),
    )
    durations = (
        Duration("service", "service_ms", "service_distribution", "service_cv"),
        Duration("check", "health_check_ms"),
        Duration("static", "static_ms"),
        Duration("disk", "disk_ms"),
        Duration("disk_reads", "disk_ms", times="disk_reads"),
        Duration("disk_writes", "disk_ms", times="disk_writes"),
        Duration("database_read", "database_read_ms", "service_distribution", "service_cv"),
        Duration("database_write", "database_write_ms", "service_distribution", "service_cv"),
    )
    metrics = (
        Metric("done_per_s", _("Done"), "requests/s", "rate"),
        Metric("utilisation", _("Scarcest resource"), "ratio", "level",
               _("The busiest of CPU, memory, network, disk and workers or connections.")),
        Metric("cpu", _("CPU"), "ratio", "level"),
        Metric("workers", _("Workers"), "ratio", "level", _("With an event loop: connections.")),
        Metric("memory", _("Memory"), "ratio", "level"),
        Metric("network", _("Network"), "ratio", "level", _("The busier of its two directions.")),
        Metric("disk", _("Disk"), "ratio", "level"),
        Metric("event_loops", _("Event loop"), "ratio", "level", _("How much of the time the code of a request runs or waits for a core.")),
        Metric("queue", _("Waiting for a worker, a core or the disk"), "requests", "level"),
        Metric("latency_ms", _("Mean time here"), "ms", "level"),
        USED_DISK,
        Metric("wasted_per_s", _("Wasted work"), "requests/s", "rate", _("Finished after the caller had stopped waiting.")),
    )  # fmt: skip
    headline = "done_per_s"
    bar = "utilisation"
    grows = True
    actions = (*Component.actions, "memory_leak", "pool_exhausted", "disk_full", "free_disk")
    leaks = ("workers", "connections")
    queue = "queue"

    @classmethod
    def actual(cls, values: Mapping[str, Any], name: str) -> Any:
        if name == "database_memory_mb" and not values["own_database"]:
            return 0.0
        return machines.actual(values, name)

    @classmethod
    def price_per_hour(cls, values: Mapping[str, Any]) -> float:
        return float(cls.actual(values, "price_per_hour"))

    @classmethod
    def keeps_versions(cls, values: Mapping[str, Any]) -> bool:
        return bool(values["own_database"])

    @classmethod
    def stores(cls, values: Mapping[str, Any]) -> bool:
        return cls.keeps_versions(values)

    # -- the way of a request
    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.call_through("network", "network_in")
        on.path("read", "write")
        on.receive("network_in")
        cls._begin(on, me)
        on.take("memory", "request_memory_mb")
        answered = on.label()
        if me.values["serves_static"]:
            with on.if_class("static"):
                cls._run_code(on, me, "static")
                on.read_content()
                on.jump(answered)
        cls._run_code(on, me, "service", by_cost=True)
        cls._use_disk(on, me)
        own = OwnData(lambda: cls._read_own(on), lambda: cls._write_own(on)) if me.values["own_database"] else None
        call_data_and_services(on, me, me.values["calls"] == "parallel", own)
        on.place(answered)
        on.size("response_kb")
        on.transmit("network")
        on.reply()

        on.path("check")
        cls._begin(on, me)
        cls._run_code(on, me, "check", steady=True)
        on.reply()

    @staticmethod
    def _begin(on: Program, me: Instance) -> None:
        on.take("connections" if me.values["concurrency"] == "event_loop" else "workers")

    @staticmethod
    def _run_code(on: Program, me: Instance, duration: str, by_cost: bool = False, steady: bool = False) -> None:
        if me.values["concurrency"] == "threads":
            on.serve("cpu", duration, by_cost, steady)
            return
        with on.branch():  # it holds the event loop for as long as it lasts
            on.take("event_loops")
            on.serve("cpu", duration, by_cost, steady)
        on.join()
        on.stop_if_failed()

    @staticmethod
    def _use_disk(on: Program, me: Instance) -> None:
        for verb, operations in (("read", "disk_reads"), ("write", "disk_writes")):
            if me.values[operations] > 0:
                with on.if_verb(verb):
                    on.serve("disk", operations)

    @staticmethod
    def _read_own(on: Program) -> None:
        on.serve("cpu", "database_read", by_cost=True)
        with on.if_chance("database_disk_share"):
            on.serve("disk", "disk")
        on.read_version()

    @staticmethod
    def _write_own(on: Program) -> None:
        """It is done when it is on the disk."""
        on.serve("cpu", "database_write", by_cost=True)
        on.serve("disk", "disk")
        on.store()
        on.new_version()
        on.keep_version()

    # -- its life
    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        if not me.values["own_database"]:
            me.dataset = -1
        else:
            world.data.share_versions(me, [other for other in world.instances.values() if other.component.keeps_versions(other.values)])

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        if me.values["memory_full"] == "killed":
            yield watch_memory(world, me)
        if is_burstable(me):
            yield spend_credits(world, me)

    @classmethod
    def started(cls, world: World, me: Instance, anew: bool) -> None:
        if anew and me.store >= 0:
            world.data.forget_data(me)
            world.disks.clear(me)
        if me.values["warm_up_s"] > 0.0:
            world.start(me, warm_up(world, me))

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter == "own_database":
            world.wire(list(world.instances.values()))
        elif parameter == "memory_full" and me.values[parameter] == "killed":
            world.start(me, watch_memory(world, me))
        elif parameter == "size" and is_burstable(me):
            world.start(me, spend_credits(world, me))
        elif parameter in SHAPING:
            world.rewrite([me])

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        """A cache is filled from its own data, too."""
        code, arguments = super().rule(wire)
        return ("rule_cache_aside" if code == "rule_cache_alone" and wire.own["own_database"] else code), arguments

    @classmethod
    def hints(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        return [("size", "largest_size")] if parameters["size"] == machines.LARGEST else []

    @classmethod
    def problems(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        left_mb = cls.actual(parameters, "memory_mb") - parameters["base_memory_mb"] - cls.actual(parameters, "database_memory_mb")
        return [("request_memory_mb", "memory_for_none")] if parameters["request_memory_mb"] > left_mb else []

    # -- figures
    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        pools = world.memory.state.pools
        if any(pools[me.pools[name]]["waited"] > 0 or pools[me.pools[name]]["rejected"] > 0 for name in ("workers", "event_loops")):
            return LIMITED
        if me.values["own_database"] or work_differs(world):
            return MIXED
        return station_expectation(world, me, steady, "cpu", "service")

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        used = {name: window.pool(name).utilisation for name in RESOURCES}
        used["memory"] = cls._memory(window, used["memory"])
        used["network"] = window.highest(used["network"], window.pool("network_in").utilisation)
        event_loop = window.instance.values["concurrency"] == "event_loop"
        return {
            "done_per_s": window.rate("done"),
            "utilisation": window.highest(*used.values()),
            "cpu": used["cpu"],
            "workers": used["connections" if event_loop else "workers"],
            "memory": used["memory"],
            "network": used["network"],
            "disk": used["disk"],
            "event_loops": used["event_loops"] if event_loop else None,
            "queue": window.sum([window.pool(name).mean_queue for name in ("cpu", "workers", "memory", "disk", "event_loops")]),
            "latency_ms": window.mean_latency_ms,
            "disk_used_gb": window.disk_used_gb if cls.stores(window.instance.values) else None,
            "wasted_per_s": window.rate("wasted"),
            "bottleneck": window.name_of_highest(used),
        }

    @staticmethod
    def _memory(window: Figures, of_the_rest: Figure) -> Figure:
        """How much of all memory is used, that of the program and of the database included."""
        total = float(window.instance.actual("memory_mb"))
        taken = 1.0 - window.instance.capacity("memory") / total
        return window.number(taken) + of_the_rest * (1.0 - taken)
