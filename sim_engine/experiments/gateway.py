"""Experiments for the API gateway."""

from typing import Any

from sim_engine.experiments.designs import DEAD_FOR_TEN, DEAD_MACHINE
from sim_engine.experiments.drawing import Document, design, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, resized, rows
from sim_engine.experiments.figures import cost, dropped, mean_ms, of, when


def gated(clients: Document | None = None, faults: list[Document] | None = None, slow: bool = False, **gateway: Any) -> Document:
    """Clients, a gateway and two services. slow: they take their time, so that the gateway holds requests."""
    patient = {"cores": 64, "service_ms": 4_000.0, "service_distribution": "constant"} if slow else {}
    calling = {"arrival_rate_per_s": 10.0 if slow else 100.0, "retries": 0, "timeout_ms": 8_000.0}
    parts = {
        "clients": part("clients", **(calling | (clients or {}))),
        "gateway": part("api_gateway", **gateway),
        "one": part("server", **patient),
        "two": part("server", **patient),
    }
    links = [link("clients", "gateway"), link("gateway", "one"), link("gateway", "two")]
    return design(parts, links, 25.0 if faults else 5.0, faults)


EXPERIMENTS: list[Experiment] = [
    *rows(
        "api_gateway", "gateway",
        ("several", "one", "parallel", of("one", "arrived"), UP, gated()),
        ("response_kb", 1.0, 100.0, mean_ms, UP, gated({"access_mbit_s": 8.0}, several="parallel")),
        ("cores", 1, 8, mean_ms, DOWN, gated(processing_ms=8.0)),
        ("processing_ms", 0.0, 5.0, mean_ms, UP, gated()),
        ("auth_ms", 0.0, 5.0, mean_ms, UP, gated()),
        ("max_connections", 1, 1000, dropped, DOWN, gated()),
        ("limit", "none", "token_bucket", dropped, UP, gated(limit_rate_per_s=10.0)),
        ("limit_rate_per_s", 10.0, 50.0, dropped, DOWN, gated(limit="token_bucket")),
        ("limit_burst", 1.0, 100.0, dropped, DOWN, gated(limit="token_bucket", limit_rate_per_s=10.0)),
        ("limit_window_s", 1.0, 10.0, dropped, DOWN, gated(limit="fixed_window", limit_rate_per_s=10.0)),
        ("limit_by_address", False, True, dropped, DOWN, gated(limit="fixed_window", limit_rate_per_s=10.0)),
        ("health_check_interval_s", 0.5, 3.0, when("target_out"), UP, gated(faults=DEAD_MACHINE)),
        ("health_check_timeout_ms", 100.0, 1900.0, when("target_out"), UP, gated(faults=DEAD_MACHINE)),
        ("unhealthy_threshold", 1, 5, when("target_out"), UP, gated(faults=DEAD_MACHINE)),
        ("healthy_threshold", 1, 5, when("target_back"), UP, gated(faults=DEAD_FOR_TEN)),
        ("instances", 1, 3, mean_ms, DOWN, gated(cores=1, processing_ms=8.0)),
        ("price_per_million_requests", 0.5, 5.0, cost("gateway", "requests"), UP, gated()),
        ("price_per_gb_out", 0.01, 0.1, cost("gateway", "traffic"), UP, gated()),
    ),
    resized("api_gateway", "gateway", 2, "boot_s", 0.5, 2.0, when("instance_up"), UP, gated()),
    resized("api_gateway", "gateway", 1, "drain_s", 0.1, 2.0, when("instance_removed"), UP, gated(slow=True, instances=2)),
]  # fmt: skip
