"""Experiments for stores without a primary and for object storage."""

from typing import Any

from sim_engine.experiments.designs import slow_link
from sim_engine.experiments.drawing import Document, design, kill, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, heavy_tails, resized, rows
from sim_engine.experiments.figures import cost, dropped, failed, mean_ms, of, p99_ms, stale, when


def nodes(read_ratio: float = 0.5, faults: list[Document] | None = None, rate: float = 200.0, **store: Any) -> Document:
    """Clients, a quick server and a store of equal nodes with few keys."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, keys=50, read_ratio=read_ratio, retries=0),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "store": part("wide_column", **store),
    }
    return design(parts, [link("clients", "server"), link("server", "store", retries=2)], 10.0 if faults else 5.0, faults)


SLOW_WRITES: Document = {"write_ms": 40.0, "cores": 64, "service_distribution": "exponential"}
ONE_AWAY = [kill("store", 2.0, for_s=3.0) | {"arguments": {"mode": "process", "instance": 2}}]
ONE_LOST = [kill("store", 2.0, "machine") | {"arguments": {"mode": "machine", "instance": 2}}]
WIDE_COLUMN = rows(
    "wide_column", "store",
    ("replication_factor", 2, 3, of("store", "arrived"), UP, nodes(0.0)),
    ("write_consistency", 1, 3, mean_ms, UP, nodes(0.0)),
    ("writes_to", "all", "enough", stale, UP, nodes(read_repair=0.0)),
    ("written_share", 0.1, 1.0, of("store", "disk_used_gb"), UP, nodes(0.0)),
    ("read_consistency", 1, 3, stale, DOWN, nodes(write_consistency=1, **SLOW_WRITES)),
    ("read_repair", 0.0, 0.5, of("store", "repaired"), UP, nodes(hint_window_s=1.0, faults=ONE_AWAY)),
    ("detection_s", 0.5, 20.0, failed, UP, nodes(faults=ONE_LOST)),
    ("hint_window_s", 1.0, 100.0, of("store", "handed_over"), UP, nodes(faults=ONE_AWAY)),
    ("cores", 1, 8, mean_ms, DOWN, nodes(1.0, read_ms=10.0)),
    ("max_connections", 1, 1_000, mean_ms, DOWN, nodes(1.0, rate=600.0)),
    ("connection_queue_limit", 0, 1_000, failed, DOWN, nodes(1.0, rate=600.0, max_connections=1, read_ms=3.0)),
    ("coordinate_ms", 0.1, 3.0, mean_ms, UP, nodes()),
    ("read_ms", 1.0, 4.0, mean_ms, UP, nodes(1.0)),
    ("write_ms", 0.3, 4.0, mean_ms, UP, nodes(0.0)),
    ("service_distribution", "constant", "exponential", mean_ms, UP, nodes(0.0, write_consistency=3, write_ms=4.0)),
    ("service_cv", 0.1, 2.0, mean_ms, UP, nodes(0.0, write_consistency=3, write_ms=4.0, service_distribution="lognormal")),
    ("network_ms", 0.1, 2.0, mean_ms, UP, nodes()),
    ("network_distribution", "constant", "exponential", p99_ms, UP, nodes(network_ms=5.0)),
    ("network_cv", 0.1, 2.0, p99_ms, UP, nodes(network_ms=5.0)),
    ("row_kb", 0.1, 100.0, mean_ms, UP, slow_link(nodes(1.0, rate=20.0), "server-store")),
    ("instances", 3, 6, of("store", "cpu"), DOWN, nodes(1.0, read_ms=10.0)),
    ("price_per_hour", 0.1, 0.2, cost("store", "instances"), UP, nodes()),
    ("storage_gb", 10.0, 100.0, cost("store", "storage"), UP, nodes()),
    ("price_per_gb_stored", 0.1, 0.2, cost("store", "storage"), UP, nodes()),
)  # fmt: skip
WIDE_COLUMN += heavy_tails("wide_column", "store", "service", (p99_ms, p99_ms), nodes(1.0))
WIDE_COLUMN += heavy_tails("wide_column", "store", "network", (p99_ms, p99_ms), nodes(1.0, network_ms=5.0))
WIDE_COLUMN += [
    resized("wide_column", "store", 4, "boot_s", 0.5, 2.0, when("instance_up"), UP, nodes()),
    resized(
        "wide_column", "store", 3, "drain_s", 0.1, 2.0, when("instance_removed"), UP, nodes(1.0, instances=4, read_ms=2_500.0, cores=999)
    ),
]


def files(rate: float = 50.0, **storage: Any) -> Document:
    """Files that a server fetches from object storage."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, static_share=1.0, static_response_kb=0.0, retries=0),
        "server": part("server", cores=32, service_ms=0.1, workers=10_000, network_mbit_s=0.0, serves_static=False),
        "storage": part("object_storage", **storage),
    }
    return design(parts, [link("clients", "server"), link("server", "storage")], 5.0)


OBJECT_STORAGE = rows(
    "object_storage", "storage",
    ("first_byte_ms", 10.0, 40.0, mean_ms, UP, files()),
    ("first_byte_distribution", "constant", "exponential", of("storage", "in_flight_max"), UP, files()),
    ("first_byte_cv", 0.1, 3.0, p99_ms, UP, files()),
    ("max_connections", 1, 1_000, dropped, DOWN, files()),
    ("network_mbit_s", 100.0, 10_000.0, mean_ms, DOWN, files()),
    ("object_kb", 1.0, 2_000.0, mean_ms, UP, files(network_mbit_s=1_000.0)),
    ("price_per_million_requests", 0.1, 1.0, cost("storage", "requests"), UP, files()),
    ("storage_gb", 10.0, 100.0, cost("storage", "storage"), UP, files()),
    ("price_per_gb_stored", 0.01, 0.1, cost("storage", "storage"), UP, files()),
)  # fmt: skip

EXPERIMENTS: list[Experiment] = [*WIDE_COLUMN, *OBJECT_STORAGE]
