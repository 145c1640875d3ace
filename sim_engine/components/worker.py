"""Worker: takes messages out of a queue and works on them, as many at a time as it has workers for.

It acknowledges by answering; a job that fails is tried again by the queue. More workers in parallel drain a backlog faster,
until what they call (a database) is the bottleneck.
Left out: work in batches, jobs that need several machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.component import Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.growth import growth_parameters
from sim_engine.catalogue.parameter import distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_hour
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance

READING = ("page", "static", "read", "expensive")
WRITING = ("write", "upload", "background")


class Worker(Component):
    kind = "worker"
    title = _("Worker")
    group = "messaging"
    order = 4
    icon = "cog"
    summary = _("Takes jobs out of a queue and does them in the background.")
    left_out = _("Work in batches, jobs that need several machines.")
    provides = "consumer"
    ports = (
        Port("database", _("Database"), ("sql",), by_verb=True),
        Port("service", _("Further service"), ("http",)),
        Port("queue", _("Further queue"), ("queue",), style="message"),
    )
    parameters = (
        integer("workers", _("Jobs at a time"), 8, "workers", 1, 1_000_000,
                _("Jobs that it works on at the same time, those that wait for a database included.")),
        integer("queue_limit", _("Queue limit"), 1_000, "requests", 0, 100_000_000,
                _("Jobs that may wait for a worker; the queue's limit of messages to one consumer usually keeps it short.")),
        integer("cores", _("Cores"), 2, "cores", 1, 1_024, _("Jobs that the CPU works on at the same time.")),
        number("service_ms", _("Service time"), 50.0, "ms", 0.0, 600_000.0, _("Mean CPU time of one job.")),
        *distribution_parameters("service", _("Service time distribution")),
        number("failure_ratio", _("Failures"), 0.0, "ratio", 0.0, 1.0, _("Share of jobs that fail at the end and must be tried again.")),
        number("health_check_ms", _("Heartbeat work"), 0.1, "ms", 0.0, 10_000.0, _("CPU time of one sign of life."), advanced=True),
        *growth_parameters(30.0, _("Not calibrated: a container with a small program.")),
        price_per_hour(0.085, _("AWS EC2 2025: $0.085 for a c6i.large (2 processors, 4 GB).")),
    )  # fmt: skip
    pools = (Pool("workers", "workers", "queue_limit"), Station("cpu", "cores"))
    durations = (
        Duration("service", "service_ms", "service_distribution", "service_cv"),
        Duration("check", "health_check_ms"),
    )
    metrics = (
        Metric("done_per_s", _("Jobs done"), "requests/s", "rate"),
        Metric("failed_per_s", _("Jobs failed"), "requests/s", "rate"),
        Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
        Metric("cpu", _("CPU"), "ratio", "level"),
        Metric("workers", _("Workers"), "ratio", "level"),
        Metric("queue", _("Waiting for a worker or a core"), "requests", "level"),
        Metric("latency_ms", _("Mean time here"), "ms", "level"),
    )
    headline = "done_per_s"
    bar = "utilisation"
    grows = True
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("work")
        on.take("workers")
        on.serve("cpu", "service", by_cost=True)
        if me.links_of("database"):
            with on.if_class(*READING):
                on.call("database", "read", by_verb="read")
                on.stop_if_failed()
            with on.if_class(*WRITING):
                on.call("database", "write", size="own", by_verb="write")
                on.stop_if_failed()
        for link_id in me.links_of("service"):
            with on.by_rule(link_id):
                on.call_link(link_id, "write")
                on.stop_if_failed()
        for link_id in me.links_of("queue"):
            with on.by_rule(link_id):
                on.call_link(link_id, "publish")
                on.stop_if_failed()
        with on.if_chance("failure_ratio"):
            on.stop("error")
        on.reply()

        on.path("check")
        on.serve("cpu", "check", steady=True)
        on.reply()

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu, workers = window.pool("cpu"), window.pool("workers")
        return {
            "done_per_s": window.rate("done"),
            "failed_per_s": window.rate("failed"),
            "utilisation": window.highest(cpu.utilisation, workers.utilisation),
            "cpu": cpu.utilisation,
            "workers": workers.utilisation,
            "queue": cpu.mean_queue + workers.mean_queue,
            "latency_ms": window.mean_latency_ms,
            "bottleneck": window.scarcest("cpu", "workers"),
        }
