"""Experiments for the document database."""

from typing import Any

from sim_engine.experiments.designs import PRIMARY_DIES, PRIMARY_DIES_SILENTLY, PRIMARY_RETURNS, slow_link, stored
from sim_engine.experiments.drawing import Document
from sim_engine.experiments.experiment import DOWN, UP, Experiment, heavy_tails, rows
from sim_engine.experiments.figures import cost, dropped, mean_ms, of, p99_ms, when

LARGE: Document = {"data_gb": 100.0, "storage_gb": 1_000.0, "disk_read_ms": 5.0}


def documents(read_ratio: float, replicas: int = 0, faults: list[Document] | None = None, rate: float = 200.0, **database: Any) -> Document:
    """Clients, two quick servers, and a document database with replicas."""
    document = stored(read_ratio, replicas, faults, rate, database=database)
    document["components"]["database"]["kind"] = "document_database"
    return document


def on_disk(**database: Any) -> Document:
    """Reads of documents that do not fit into its memory."""
    document = documents(1.0, **LARGE | database)
    document["components"]["clients"]["parameters"]["keys"] = 300
    return document


def large_documents() -> Document:
    """Writes that fill a disk that was empty."""
    document = documents(0.0, data_gb=0.0)
    document["components"]["clients"]["parameters"]["request_kb"] = 100.0
    return document


EXPERIMENTS: list[Experiment] = rows(
    "document_database", "database",
    ("cores", 1, 8, mean_ms, DOWN, documents(1.0)),
    ("max_connections", 1, 100, mean_ms, DOWN, documents(1.0)),
    ("connection_queue_limit", 0, 1000, dropped, DOWN, documents(1.0, max_connections=1)),
    ("read_ms", 1.0, 4.0, mean_ms, UP, documents(1.0)),
    ("write_ms", 1.0, 4.0, mean_ms, UP, documents(0.0)),
    ("service_distribution", "constant", "exponential", mean_ms, UP, documents(1.0, cores=1)),
    ("service_cv", 0.1, 2.0, mean_ms, UP, documents(1.0, cores=1, service_distribution="lognormal")),
    ("apply_ms", 0.1, 3.0, when("replica_back"), UP,
     documents(0.0, 2, PRIMARY_RETURNS, election_timeout_s=2.0)),
    ("buffer_gb", 10.0, 80.0, mean_ms, DOWN, on_disk()),
    ("data_gb", 10.0, 400.0, mean_ms, UP, on_disk()),
    ("disk_read_ms", 0.5, 10.0, mean_ms, UP, on_disk()),
    ("disk_queue_depth", 1, 16, mean_ms, DOWN, on_disk()),
    ("written_share", 0.1, 1.0, of("database", "disk_used_gb"), UP, large_documents()),
    ("document_kb", 0.1, 30.0, mean_ms, UP, slow_link(documents(1.0, rate=50.0), "server_1-database", "server_2-database")),
    ("write_concern", "one", "majority", mean_ms, UP, documents(0.0, 2)),
    ("read_preference", "primary", "secondary", of("replica_1", "done"), UP, documents(1.0, 2)),
    ("replication_batch_ms", 0.0, 300.0, of("replica_1", "lag_ms"), UP, documents(0.0, 2, write_concern="one")),
    ("health_check_interval_s", 0.2, 2.0, of("replica_1", "arrived"), DOWN, documents(1.0, 2)),
    ("health_check_timeout_ms", 100.0, 950.0, when("primary_lost"), UP, documents(0.5, 2, PRIMARY_DIES_SILENTLY)),
    ("election_timeout_s", 2.0, 12.0, when("primary_lost"), UP, documents(0.5, 2, PRIMARY_DIES)),
    ("promotion_s", 0.5, 8.0, when("promoted"), UP, documents(0.5, 2, PRIMARY_DIES)),
    ("price_per_hour", 0.3, 0.6, cost("database", "instances"), UP, documents(1.0)),
    ("storage_gb", 10.0, 100.0, cost("database", "storage"), UP, documents(1.0)),
    ("price_per_gb_stored", 0.1, 0.2, cost("database", "storage"), UP, documents(1.0)),
)  # fmt: skip
EXPERIMENTS += heavy_tails("document_database", "database", "service", (p99_ms, p99_ms), documents(1.0))
