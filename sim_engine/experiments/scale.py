"""Experiments for what scales and ships instances, and for traffic over borders."""

from typing import Any

from sim_engine.experiments.drawing import Document, design, inside, kill, link, part
from sim_engine.experiments.edge import far_apart
from sim_engine.experiments.experiment import DOWN, UP, Experiment, rows
from sim_engine.experiments.figures import Figure, cost, how_often, of, when
from sim_engine.experiments.messaging import jobs
from sim_engine.texts import _


def asked_from_afar(balancer_in: str, server_in: str) -> Document:
    """A balancer in one place and its server in another."""
    document = far_apart(server_in)
    document["components"]["balancer"] = inside(balancer_in, part("load_balancer"))
    document["links"] = {"clients-balancer": link("clients", "balancer"), "balancer-server": link("balancer", "server")}
    return document


BORDERS = [
    *rows("region", "there", ("price_per_gb_out", 0.01, 0.1, cost("server", "traffic"), UP, asked_from_afar("home", "there"))),
    *rows("zone", "two", ("price_per_gb_out", 0.01, 0.1, cost("server", "traffic"), UP, asked_from_afar("one", "two"))),
]  # fmt: skip


def scaled(rate: float = 250.0, seconds: float = 20.0, faults: list[Document] | None = None, **scaler: Any) -> Document:
    """Servers that do a hundred requests a second each; five times the traffic until the middle."""
    machines = {"cores": 1, "service_ms": 10.0, "boot_s": 0.5, "drain_s": 0.5, "workers": 1000, "queue_limit": 10_000}
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=0, timeout_ms=60_000.0),
        "balancer": part("load_balancer", health_check_interval_s=600.0),
        "server": part("server", **machines),
        "scaler": part("autoscaler", **({"evaluation_s": 1.0, "cooldown_in_s": 1.0} | scaler)),
    }
    links = [link("clients", "balancer"), link("balancer", "server"), link("scaler", "server")]
    return design(parts, links, seconds, faults, [(0.0, 1.0), (seconds / 2.0, 1.0), (seconds / 2.0 + 0.1, 0.2)])


def at_end(name: str) -> Figure:
    return of("scaler", name)


def changes(code: str) -> Figure:
    return how_often(code, _("How often it scales"))


QUIET: Document = {"cooldown_in_s": 1_000.0}
PLANNED: Document = {"scheduled": True, "schedule_from_s": 5.0, "schedule_until_s": 8.0, "schedule_instances": 5}
AUTOSCALER = rows(
    "autoscaler", "scaler",
    ("metric", "requests", "cpu", at_end("running"), UP, scaled(target_requests_per_s=1_000.0, **QUIET)),
    ("target_utilisation", 0.3, 0.9, at_end("running"), DOWN, scaled(**QUIET)),
    ("target_requests_per_s", 30.0, 100.0, at_end("running"), DOWN, scaled(metric="requests", **QUIET)),
    ("target_in_flight", 5.0, 500.0, at_end("running"), DOWN, scaled(metric="in_flight", **QUIET)),
    ("minimum", 1, 3, at_end("running"), UP, scaled(10.0)),
    ("maximum", 2, 8, at_end("running"), UP, scaled(**QUIET)),
    ("evaluation_s", 1.0, 4.0, when("scaled_out_cpu"), UP, scaled()),
    ("cooldown_out_s", 0.0, 7.0, changes("scaled_out"), DOWN, scaled(500.0)),
    ("cooldown_in_s", 1.0, 13.0, when("scaled_in_cpu"), UP, scaled()),
    ("tolerance", 0.1, 0.9, changes("scaled_"), DOWN, scaled(90.0)),
    ("replaces_dead", True, False, at_end("running"), DOWN, scaled(10.0, faults=[kill("server", 5.0)])),
    ("scheduled", False, True, changes("scaled_on_schedule"), UP, scaled(10.0, **(PLANNED | {"scheduled": False}))),
    ("schedule_from_s", 3.0, 6.0, when("scaled_on_schedule"), UP, scaled(10.0, **PLANNED)),
    ("schedule_until_s", 8.0, 15.0, when("scaled_in_cpu"), UP, scaled(10.0, **PLANNED)),
    ("schedule_instances", 3, 6, cost("server", "instances"), UP, scaled(10.0, **PLANNED)),
)  # fmt: skip


def shipped(strategy: str = "rolling", quality: str = "good", seconds: float = 30.0, rate: float = 60.0, **pipeline: Any) -> Document:
    """Four servers to which a version is shipped from 2 s on."""
    quick = {"build_s": 0.5, "test_s": 0.5, "startup_s": 1.0, "test_catches": 0.0, "keep_s": 3.0, "observe_s": 3.0}
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=0),
        "balancer": part("load_balancer", health_check_interval_s=600.0),
        "server": part("server", cores=1, service_ms=10.0, instances=4, boot_s=0.5, drain_s=1.0),
        "pipeline": part("pipeline", strategy=strategy, **(quick | pipeline)),
    }
    links = [link("clients", "balancer"), link("balancer", "server"), link("pipeline", "server")]
    return design(parts, links, seconds, [{"at_s": 2.0, "action": "deploy", "component": "pipeline", "arguments": {"quality": quality}}])


def errors(cause: str) -> Figure:
    return Figure(_("Requests that fail"), lambda summary: float(summary["errors"].get(cause, 0)))


WATCHED: Document = {"strategy": "canary", "quality": "bad", "canary_share": 0.25}
PIPELINE = rows(
    "pipeline", "pipeline",
    ("strategy", "rolling", "all_at_once", errors("no_target"), UP, shipped()),
    ("batch", 1, 2, when("deployed"), DOWN, shipped()),
    ("keep_s", 3.0, 10.0, when("old_set_ends"), UP, shipped("blue_green")),
    ("canary_share", 0.25, 0.75, errors("error"), UP, shipped(**WATCHED)),
    ("observe_s", 2.0, 8.0, errors("error"), UP, shipped(**WATCHED)),
    ("error_threshold", 0.05, 0.9, errors("error"), UP, shipped(**WATCHED, bad_service_factor=1.0)),
    ("latency_threshold", 0.5, 5.0, of("pipeline", "version"), UP, shipped(**WATCHED, bad_error_ratio=0.0)),
    ("build_s", 0.5, 4.0, when("deployed"), UP, shipped()),
    ("test_s", 0.5, 4.0, when("deployed"), UP, shipped()),
    ("test_catches", 0.0, 1.0, errors("error"), DOWN, shipped(quality="bad")),
    ("price_per_hour", 0.2, 0.4, cost("pipeline", "instances"), UP, shipped()),
    ("startup_s", 0.5, 3.0, when("deployed"), UP, shipped()),
    ("service_factor", 0.5, 2.0, of("server", "cpu"), UP, shipped()),
    ("bad_service_factor", 1.0, 3.0, of("server", "cpu"), UP, shipped(quality="bad")),
    ("bad_error_ratio", 0.1, 0.5, errors("error"), UP, shipped(quality="bad")),
)  # fmt: skip


MESSAGES = [
    *rows("message_queue", "broker", ("price_per_million_requests", 0.4, 4.0, cost("broker", "requests"), UP, jobs("message_queue"))),
    *rows("topic", "broker", ("price_per_million_requests", 0.4, 4.0, cost("broker", "requests"), UP, jobs("topic"))),
    *rows(
        "event_log", "broker",
        ("price_per_hour", 0.1, 0.4, cost("broker", "instances"), UP, jobs("event_log")),
        ("storage_gb", 10.0, 100.0, cost("broker", "storage"), UP, jobs("event_log")),
        ("price_per_gb_stored", 0.1, 0.2, cost("broker", "storage"), UP, jobs("event_log")),
    ),
    *rows("worker", "worker", ("price_per_hour", 0.05, 0.2, cost("worker", "instances"), UP, jobs("message_queue"))),
]  # fmt: skip


EXPERIMENTS: list[Experiment] = [*BORDERS, *AUTOSCALER, *PIPELINE, *MESSAGES]
