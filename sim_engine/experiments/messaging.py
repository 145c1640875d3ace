"""Experiments for the kinds that keep, hand out, work on and create messages."""

from typing import Any

from sim_engine.experiments.designs import slow_link
from sim_engine.experiments.drawing import Document, design, kill, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, resized, rows
from sim_engine.experiments.figures import mean_ms, mean_ms_at, of, when


def jobs(
    broker: str, worker: Document | None = None, cron: Document | None = None, faults: list[Document] | None = None, **queue: Any
) -> Document:
    """A scheduler that puts jobs into a broker, and a worker with a quick database that does them."""
    parts = {
        "cron": part("scheduler", **({"interval_s": 1.0, "jobs": 50} | (cron or {}))),
        "broker": part(broker, **queue),
        "worker": part("worker", **({"service_ms": 20.0} | (worker or {}))),
    }
    return design(parts, [link("cron", "broker"), link("broker", "worker")], 12.0, faults)


def stuck(broker: str, **queue: Any) -> Document:
    """Jobs that all fail."""
    return jobs(broker, {"failure_ratio": 1.0}, **({"redelivery_delay_ms": 100.0} | queue))


def dies(component: str, mode: str = "process", for_s: float | None = 4.0) -> list[Document]:
    return [kill(component, 3.2, mode, for_s)]


def of_brokers(kind: str) -> list[Experiment]:
    slow_disk: Document = {"store_ms": 2.0}
    return rows(
        kind, "broker",
        ("cores", 1, 8, mean_ms, DOWN, jobs(kind, operation_ms=5.0)),
        ("operation_ms", 0.01, 5.0, mean_ms, UP, jobs(kind)),
        ("max_connections", 5, 1_000, of("broker", "dropped"), DOWN, jobs(kind)),
        ("max_messages", 10, 1_000, of("broker", "dropped"), DOWN, jobs(kind, {"service_ms": 200.0})),
        ("when_full", "refuse", "drop_oldest", of("broker", "messages_lost"), UP,
         jobs(kind, {"service_ms": 200.0}, max_messages=10, prefetch=1)),
        ("retention_s", 2.0, 0.0, of("broker", "messages_lost"), DOWN, jobs(kind, {"service_ms": 500.0}, prefetch=1)),
        ("prefetch", 1, 20, of("broker", "acknowledged_per_s"), UP, jobs(kind, {"cores": 16, "workers": 64, "service_ms": 100.0})),
        ("visibility_timeout_s", 0.5, 60.0, of("broker", "redelivered_per_s"), DOWN, jobs(kind, {"service_ms": 700.0, "cores": 16})),
        ("max_deliveries", 1, 20, of("broker", "dead_letters"), DOWN, stuck(kind)),
        ("redelivery_delay_ms", 10.0, 2_000.0, of("broker", "redelivered_per_s"), DOWN, stuck(kind, max_deliveries=0)),
        ("health_check_interval_s", 0.5, 4.0, when("consumer_lost"), UP, jobs(kind, faults=dies("worker", for_s=None))),
        ("health_check_timeout_ms", 100.0, 1_900.0, when("consumer_lost"), UP, jobs(kind, faults=dies("worker", "machine", None))),
        ("unhealthy_threshold", 1, 4, when("consumer_lost"), UP, jobs(kind, faults=dies("worker", for_s=None))),
        ("healthy_threshold", 1, 2, when("consumer_back"), UP, jobs(kind, faults=dies("worker"), unhealthy_threshold=1)),
        ("storage", "disk", "memory", of("broker", "messages_lost"), UP, jobs(kind, {"service_ms": 400.0}, faults=dies("broker"))),
        ("flush_interval_ms", 0.0, 60_000.0, of("broker", "messages_lost"), UP, jobs(kind, {"service_ms": 400.0}, faults=dies("broker"))),
        ("store_ms", 0.1, 5.0, mean_ms, UP, jobs(kind, **slow_disk)),
    )  # fmt: skip


def overloaded(**queue: Any) -> Document:
    """Reads and writes put into a queue faster than they are done; only the writes reach the database."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, read_ratio=0.5),
        "server": part("server", service_ms=0.5),
        "broker": part("message_queue", **queue),
        "worker": part("worker", cores=1, service_ms=20.0),
        "database": part("sql_database"),
    }
    links = [
        link("clients", "server"), link("server", "broker", when="always"), link("broker", "worker"), link("worker", "database"),
    ]  # fmt: skip
    return design(parts, links, 6.0)


def large_messages(broker: str) -> Document:
    """Jobs of 100 kB that wait for a slow worker."""
    return jobs(broker, {"service_ms": 200.0, "cores": 1}, {"request_kb": 100.0}, prefetch=1)


BROKERS = [
    *of_brokers("message_queue"),
    *of_brokers("topic"),
    *of_brokers("event_log"),
    *rows("message_queue", "broker", ("disk_gb", 0.001, 1.0, of("cron", "failed"), DOWN, large_messages("message_queue"))),
    *rows("topic", "broker", ("disk_gb", 0.001, 1.0, of("cron", "failed"), DOWN, large_messages("topic"))),
    *rows(
        "message_queue", "broker",
        ("in_order", False, True, of("broker", "acknowledged_per_s"), DOWN, jobs("message_queue", {"service_ms": 100.0, "cores": 8})),
        ("urgent_classes", [], ["write"], of("database", "commits"), UP, overloaded()),
    ),
    *rows(
        "event_log", "broker",
        ("partitions", 1, 8, of("broker", "acknowledged_per_s"), UP, jobs("event_log", {"service_ms": 100.0, "cores": 8})),
        ("batch", 1, 10, of("broker", "acknowledged_per_s"), UP, jobs("event_log", {"service_ms": 100.0, "cores": 8}, partitions=1)),
    ),
]  # fmt: skip


def at_work(**worker: Any) -> Document:
    return jobs("message_queue", {"service_ms": 40.0} | worker, prefetch=100)


WORKER = rows(
    "worker", "worker",
    ("workers", 1, 8, of("broker", "age_ms"), DOWN, at_work(cores=8)),
    ("queue_limit", 0, 1_000, of("worker", "dropped"), DOWN, at_work(workers=1)),
    ("cores", 1, 4, of("broker", "age_ms"), DOWN, at_work()),
    ("service_ms", 10.0, 30.0, of("broker", "age_ms"), UP, at_work()),
    ("service_distribution", "constant", "lognormal", mean_ms_at("worker"), UP,
     jobs("message_queue", {"service_ms": 40.0, "service_cv": 2.0, "cores": 1}, cron={"jobs": 1, "interval_s": 0.1})),
    ("service_cv", 0.1, 2.0, mean_ms_at("worker"), UP, at_work(service_distribution="lognormal")),
    ("failure_ratio", 0.0, 0.3, of("broker", "redelivered_per_s"), UP, at_work()),
    ("health_check_ms", 0.0, 200.0, of("worker", "cpu"), UP, jobs("message_queue", cron={"jobs": 1}, health_check_interval_s=0.5)),
    ("instances", 1, 3, of("broker", "age_ms"), DOWN, at_work(cores=1)),
)  # fmt: skip
WORKER += [
    resized("worker", "worker", 2, "boot_s", 0.5, 3.0, when("instance_up"), UP, at_work()),
    resized("worker", "worker", 1, "drain_s", 0.1, 3.0, when("instance_removed"), UP, at_work(instances=2, service_ms=2_000.0, cores=16)),
]

SCHEDULER = rows(
    "scheduler", "cron",
    ("interval_s", 1.0, 3.0, of("cron", "arrived"), DOWN, jobs("message_queue")),
    ("jobs", 10, 60, of("cron", "arrived"), UP, jobs("message_queue")),
    ("keys", 1, 1_000, of("worker", "done"), UP, jobs("event_log", {"service_ms": 100.0, "cores": 8})),
    ("zipf_exponent", 0.0, 3.0, of("worker", "done"), DOWN, jobs("event_log", {"service_ms": 100.0, "cores": 8})),
    ("request_kb", 0.1, 500.0, mean_ms, UP, slow_link(jobs("message_queue"), "cron-broker")),
    ("background_cost", 1.0, 3.0, mean_ms_at("worker"), UP, jobs("message_queue")),
    ("timeout_ms", 5.0, 5_000.0, of("cron", "failed"), DOWN, jobs("message_queue", operation_ms=5.0)),
)  # fmt: skip

EXPERIMENTS: list[Experiment] = [*BROKERS, *WORKER, *SCHEDULER]
