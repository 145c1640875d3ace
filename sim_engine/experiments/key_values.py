"""Experiments for the key-value store and its replicas."""

from typing import Any

from sim_engine.experiments.designs import slow_link
from sim_engine.experiments.drawing import Document, design, kill, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, rows
from sim_engine.experiments.figures import cost, dropped, failed, mean_ms, of, stale, when

QUICK_CHECKS: Document = {"health_check_interval_s": 0.5, "health_check_timeout_ms": 200.0, "unhealthy_threshold": 1, "promotion_s": 0.1}


def quick(
    read_ratio: float = 0.5, replicas: int = 0, faults: list[Document] | None = None, rate: float = 500.0, seconds: float = 4.0,
    replica: Document | None = None, **store: Any,
) -> Document:  # fmt: skip
    """Clients, a quick server and a key-value store, with replicas of which the first may be special."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, keys=400, read_ratio=read_ratio, retries=0),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "store": part("key_value", **store),
    }
    links = [link("clients", "server"), link("server", "store", timeout_ms=1_000.0)]
    for number in range(1, replicas + 1):
        parts[f"replica_{number}"] = part("key_value_replica", **((replica or {}) if number == 1 else {}))
        links.append(link("store", f"replica_{number}"))
    return design(parts, links, seconds, faults)


RESTARTS = [kill("store", 2.5, for_s=0.5)]
REPLICA_RESTARTS = [kill("replica_1", 1.0, for_s=0.5)]
lost = of("store", "writes_lost")


def of_a_node(kind: str, target: str, replicas: int) -> list[Experiment]:
    """What the store and its replica have in common; reads go to the replica where there is one."""

    def reads(rate: float = 500.0, **node: Any) -> Document:
        return quick(1.0, 1, rate=rate, replica=node, reads_from="replicas") if replicas else quick(1.0, rate=rate, **node)

    def snapshots(**node: Any) -> Document:
        return reads(persistence="snapshots", snapshot_s=1.0, **node)

    slow: Document = {"operation_ms": 1.0}
    return rows(
        kind, target,
        ("threads", 1, 4, mean_ms, DOWN, reads(operation_ms=1.5)),
        ("operation_ms", 0.02, 0.5, mean_ms, UP, reads()),
        ("operation_distribution", "constant", "exponential", mean_ms, UP, reads(**slow)),
        ("operation_cv", 0.1, 2.0, mean_ms, UP, reads(operation_distribution="lognormal", **slow)),
        ("max_connections", 1, 1_000, dropped, DOWN, reads(**slow)),
        ("row_kb", 0.1, 50.0, mean_ms, UP, slow_link(reads(20.0), "server-store")),
        ("memory_gb", 1.0, 4.0, of(target, "found"), UP, reads()),
        ("data_gb", 4.0, 20.0, of(target, "found"), DOWN, reads()),
        ("snapshot_s", 1.0, 100.0, mean_ms, DOWN, snapshots(fork_ms_per_gb=100.0)),
        ("fork_ms_per_gb", 1.0, 100.0, mean_ms, UP, snapshots()),
        ("price_per_hour", 0.1, 0.2, cost(target, "instances"), UP, reads()),
    )  # fmt: skip


def promoted(**replica: Any) -> Document:
    """Writes to a replica that has taken over."""
    return quick(0.0, 1, [kill("store", 0.2)], seconds=6.0, replica=replica, **QUICK_CHECKS)


def lagging(faults: list[Document] | None = None, **store: Any) -> Document:
    """Two replicas, of which the links are slow."""
    document = quick(0.5, 2, faults, seconds=6.0, replica={"load_s_per_gb": 0.0}, **(QUICK_CHECKS | store))
    for number in (1, 2):
        document["links"][f"store-replica_{number}"]["parameters"]["latency_ms"] = 50.0
    return document


PRIMARY_DIES = [kill("store", 1.0)]
PRIMARY_IS_LOST = [kill("store", 1.0, "machine")]
REPLICA_IS_AWAY = [kill("replica_1", 1.0, for_s=2.0)]
EXPERIMENTS: list[Experiment] = [
    *of_a_node("key_value", "store", 0),
    *of_a_node("key_value_replica", "replica_1", 1),
    *rows(
        "key_value", "store",
        ("persistence", "none", "log_each_write", lost, DOWN, quick(faults=RESTARTS)),
        ("flush_ms", 0.1, 1.5, mean_ms, UP, quick(0.0, persistence="log_each_write")),
        ("load_s_per_gb", 0.05, 0.2, when("loaded"), UP, quick(faults=RESTARTS)),
        ("when_full", "refuse", "evict", failed, DOWN, quick(0.0, memory_gb=2.0)),
        ("reads_from", "primary", "replicas", stale, UP, lagging()),
        ("automatic_failover", False, True, failed, DOWN, lagging(PRIMARY_DIES)),
        ("promotion_s", 0.1, 2.0, when("promoted"), UP, lagging(PRIMARY_DIES)),
        ("health_check_interval_s", 0.5, 2.0, when("primary_lost"), UP, lagging(PRIMARY_DIES)),
        ("health_check_timeout_ms", 250.0, 1_000.0, when("primary_lost"), UP, lagging(PRIMARY_IS_LOST, health_check_interval_s=1.0)),
        ("unhealthy_threshold", 1, 4, when("primary_lost"), UP, lagging(PRIMARY_DIES)),
        ("healthy_threshold", 1, 4, when("replica_back"), UP, lagging(REPLICA_IS_AWAY)),
    ),
    *rows(
        "key_value_replica", "replica_1",
        ("persistence", "log_each_second", "log_each_write", mean_ms, UP, promoted(flush_ms=1.0)),
        ("flush_ms", 0.1, 1.5, mean_ms, UP, promoted(persistence="log_each_write")),
        ("load_s_per_gb", 0.1, 0.6, when("replica_back"), UP, quick(0.5, 1, REPLICA_RESTARTS, seconds=5.0, **QUICK_CHECKS)),
    ),
]  # fmt: skip
