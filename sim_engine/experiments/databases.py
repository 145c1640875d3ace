"""Experiments for the memory, the disk, the locks and the confirmations of databases."""

from typing import Any

from sim_engine.experiments.designs import PRIMARY_DIES, REPLICA_RETURNS, stored
from sim_engine.experiments.drawing import Document
from sim_engine.experiments.experiment import DOWN, UP, Experiment, heavy_tails, rows
from sim_engine.experiments.figures import failed, mean_ms, of, p99_ms, when

LARGE: Document = {"data_gb": 100.0, "storage_gb": 1_000.0}


def on_disk(replicas: int = 0, **node: Any) -> Document:
    """Reads of a database, or of its replica, that does not fit into its memory."""
    which = "replica" if replicas else "database"
    larger: dict[str, Any] = {which: LARGE | node}
    document = stored(1.0, replicas, **larger)
    document["components"]["clients"]["parameters"]["keys"] = 300
    return document


def large_writes(replicas: int = 0) -> Document:
    """Writes that fill a disk that was empty."""
    document = stored(0.0, replicas, database={"data_gb": 0.0}, replica={"data_gb": 0.0})
    document["components"]["clients"]["parameters"]["request_kb"] = 100.0
    return document


def of_a_node(kind: str, target: str, replicas: int) -> list[Experiment]:
    return rows(
        kind, target,
        ("buffer_gb", 10.0, 80.0, mean_ms, DOWN, on_disk(replicas, disk_read_ms=5.0)),
        ("data_gb", 10.0, 400.0, mean_ms, UP, on_disk(replicas, disk_read_ms=5.0)),
        ("disk_read_ms", 0.5, 10.0, mean_ms, UP, on_disk(replicas)),
        ("disk_queue_depth", 1, 16, mean_ms, DOWN, on_disk(replicas, disk_read_ms=5.0)),
        ("connection_memory_mb", 0.0, 100.0, mean_ms, UP, on_disk(replicas, disk_read_ms=5.0)),
        ("written_share", 0.1, 1.0, of(target, "disk_used_gb"), UP, large_writes(replicas)),
    )  # fmt: skip


def popular_rows() -> Document:
    """Writes of very few rows."""
    document = stored(0.0)
    document["components"]["clients"]["parameters"]["keys"] = 2
    return document


def one_far_away() -> Document:
    """Writes with three replicas, one of them far away."""
    document = stored(0.0, 3, database={"replication": "semi_synchronous"})
    document["links"]["database-replica_3"]["parameters"]["latency_ms"] = 20.0
    return document


EXPERIMENTS: list[Experiment] = [
    *of_a_node("sql_database", "database", 0),
    *of_a_node("read_replica", "replica_1", 1),
    *rows("read_replica", "replica_1", ("flavour", "generic", "mysql", of("replica_1", "connections"), DOWN, stored(1.0, 1))),
    *rows(
        "sql_database", "database",
        ("semi_synchronous_replicas", 1, 3, mean_ms, UP, one_far_away()),
        ("flavour", "generic", "mysql", mean_ms, UP, popular_rows()),
        ("lock_rows", False, True, mean_ms, UP, popular_rows()),
        ("promotion_needs_majority", False, True, when("promoted"), UP, stored(0.5, 1, PRIMARY_DIES)),
        ("stops_without_majority", False, True, failed, UP, stored(0.5, 1, REPLICA_RETURNS)),
    ),
]  # fmt: skip
EXPERIMENTS += heavy_tails("sql_database", "database", "service", (p99_ms, p99_ms), stored(1.0))
EXPERIMENTS += heavy_tails("read_replica", "replica_1", "service", (p99_ms, p99_ms), stored(1.0, 1))
