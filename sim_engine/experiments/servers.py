"""Experiments for what a server is as a machine: size, concurrency, memory, disk, its own data, its start."""

from typing import Any

from sim_engine.experiments.designs import pair
from sim_engine.experiments.drawing import Document, kill
from sim_engine.experiments.experiment import DOWN, UP, heavy_tails, rows
from sim_engine.experiments.figures import dropped, failed, mean_ms, p99_ms, when


def restarted(**server: Any) -> Document:
    """A server that dies and runs again."""
    document = pair(service_ms=2.0, **server)
    document["scenarios"]["only"]["faults"] = [kill("server", 1.0, for_s=0.2)]
    return document


EXPERIMENTS = rows(
    "server", "server",
    ("size", "m7i.large", "m7i.2xlarge", mean_ms, DOWN, pair(240.0, service_ms=8.0)),
    ("concurrency", "threads", "event_loop", mean_ms, UP, pair(service_ms=8.0)),
    ("event_loops", 1, 4, mean_ms, DOWN, pair(concurrency="event_loop", service_ms=8.0)),
    ("max_connections", 1, 1000, dropped, DOWN, pair(concurrency="event_loop", service_ms=8.0)),
    ("base_memory_mb", 0.0, 8170.0, mean_ms, UP, pair(service_ms=8.0)),
    ("memory_full", "waits", "killed", when("killed_for_memory"), DOWN, pair(memory_mb=16.0, service_ms=50.0)),
    ("disk_ms", 1.0, 10.0, mean_ms, UP, pair(disk_reads=1, disk_writes=1)),
    ("disk_parallel", 1, 10, mean_ms, DOWN, pair(disk_reads=4, disk_ms=2.0)),
    ("disk_reads", 0, 5, mean_ms, UP, pair()),
    ("disk_writes", 0, 5, mean_ms, UP, pair(clients={"read_ratio": 0.0})),
    ("own_database", False, True, mean_ms, UP, pair()),
    ("database_read_ms", 1.0, 4.0, mean_ms, UP, pair(own_database=True)),
    ("database_write_ms", 1.0, 8.0, mean_ms, UP, pair(clients={"read_ratio": 0.0}, own_database=True)),
    ("database_disk_share", 0.0, 1.0, mean_ms, UP, pair(own_database=True, disk_ms=5.0)),
    ("disk_gb", 0.001, 1.0, failed, DOWN, pair(clients={"read_ratio": 0.0, "request_kb": 10.0}, own_database=True)),
    ("database_memory_mb", 0.0, 8170.0, mean_ms, UP, pair(own_database=True)),
    ("warm_up_s", 0.0, 3.0, mean_ms, UP, restarted(cold_factor=4.0)),
    ("cold_factor", 1.5, 5.0, mean_ms, UP, restarted(warm_up_s=3.0)),
    ("serves_static", True, False, mean_ms, UP, pair(clients={"static_share": 0.5, "static_cost": 1.0})),
    ("static_ms", 0.1, 4.0, mean_ms, UP, pair(clients={"static_share": 0.5})),
    ("cpu_credits", 0.0, 10.0, mean_ms, DOWN, pair(size="t3.small", service_ms=8.0)),
)  # fmt: skip
EXPERIMENTS += heavy_tails("server", "server", "service", (p99_ms, p99_ms), pair())
