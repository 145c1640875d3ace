"""Experiments for clients, load balancers, servers, caches, databases, their prices, and links."""

from sim_engine.experiments.designs import (
    DEAD_FOR_TEN,
    DEAD_MACHINE,
    LOADED,
    PRIMARY_DIES,
    PRIMARY_DIES_SILENTLY,
    PRIMARY_RETURNS,
    REPLICA_RETURNS,
    balanced,
    broken,
    cached,
    crowd,
    pair,
    several_services,
    slow_balanced,
    slow_link,
    stored,
    with_link,
)
from sim_engine.experiments.drawing import Document
from sim_engine.experiments.experiment import DOWN, UP, Experiment, resized, rows
from sim_engine.experiments.figures import arrived, cost, dropped, fewest, hits, mean_ms, of, p99_ms, retries, waited_ms, when

CLIENTS = rows(
    "clients", "clients",
    ("model", "open", "closed", arrived, DOWN, pair(200.0)),
    ("arrival_rate_per_s", 50.0, 100.0, arrived, UP, pair()),
    ("arrival_distribution", "constant", "exponential", mean_ms, UP, pair(**LOADED)),
    ("arrival_cv", 0.2, 3.0, mean_ms, UP, pair(clients={"arrival_distribution": "lognormal"}, **LOADED)),
    ("users", 50, 100, arrived, UP, crowd()),
    ("think_time_s", 1.0, 2.0, arrived, DOWN, crowd()),
    ("think_distribution", "constant", "exponential", arrived, UP, crowd(think_time_s=5.0)),
    ("think_cv", 0.05, 3.0, arrived, UP, crowd(think_time_s=6.0, think_distribution="lognormal")),
    ("read_ratio", 0.2, 0.9, of("database", "commits"), DOWN, stored(0.5)),
    ("keys", 300, 30_000, hits, DOWN, cached()),
    ("zipf_exponent", 0.0, 1.2, hits, UP, cached()),
    ("timeout_ms", 100.0, 900.0, waited_ms, UP, broken("machine")),
    ("retries", 0, 3, retries, UP, broken()),
    ("backoff_ms", 10.0, 300.0, waited_ms, UP, broken(retries=2)),
    ("backoff_factor", 1.0, 4.0, waited_ms, UP, broken(retries=3, backoff_ms=20.0)),
    ("backoff_jitter", False, True, waited_ms, DOWN, broken(retries=2)),
    ("client_addresses", 1, 1000, fewest("one", "two"), UP, balanced(policy="ip_hash")),
    ("request_kb", 0.0, 100.0, mean_ms, UP, slow_link(pair(10.0), "clients-server")),
)  # fmt: skip

LOAD_BALANCER = rows(
    "load_balancer", "balancer",
    ("policy", "round_robin", "ip_hash", fewest("one", "two"), DOWN, balanced({"client_addresses": 1}, health_check_interval_s=600.0)),
    ("cores", 1, 8, mean_ms, DOWN, balanced(processing_ms=8.0)),
    ("processing_ms", 0.0, 5.0, mean_ms, UP, balanced()),
    ("max_connections", 1, 1000, dropped, DOWN, balanced()),
    ("health_check_interval_s", 0.5, 3.0, when("target_out"), UP, balanced(faults=DEAD_MACHINE)),
    ("health_check_timeout_ms", 100.0, 1900.0, when("target_out"), UP, balanced(faults=DEAD_MACHINE)),
    ("unhealthy_threshold", 1, 5, when("target_out"), UP, balanced(faults=DEAD_MACHINE)),
    ("healthy_threshold", 1, 5, when("target_back"), UP, balanced(faults=DEAD_FOR_TEN)),
    ("instances", 1, 3, mean_ms, DOWN, balanced(cores=1, processing_ms=8.0)),
)  # fmt: skip
LOAD_BALANCER += [
    resized("load_balancer", "balancer", 2, "boot_s", 0.5, 2.0, when("instance_up"), UP, balanced()),
    resized("load_balancer", "balancer", 1, "drain_s", 0.1, 2.0, when("instance_removed"), UP, slow_balanced(instances=2)),
]

SERVER = rows(
    "server", "server",
    ("cores", 1, 4, mean_ms, DOWN, pair(service_ms=8.0)),
    ("service_ms", 2.0, 4.0, mean_ms, UP, pair()),
    ("service_distribution", "constant", "exponential", mean_ms, UP, pair(**LOADED)),
    ("service_cv", 0.1, 2.0, mean_ms, UP, pair(service_distribution="lognormal", **LOADED)),
    ("discipline", "fifo", "lifo", p99_ms, UP, pair(110.0, **LOADED)),
    ("workers", 1, 64, dropped, DOWN, pair(service_ms=20.0, queue_limit=5)),
    ("queue_limit", 0, 100, dropped, DOWN, pair(workers=1, **LOADED)),
    ("memory_mb", 16.0, 1000.0, mean_ms, DOWN, pair(service_ms=8.0)),
    ("request_memory_mb", 1.0, 8000.0, mean_ms, UP, pair(service_ms=8.0)),
    ("network_mbit_s", 20.0, 1000.0, mean_ms, DOWN, pair()),
    ("response_kb", 1.0, 500.0, mean_ms, UP, pair()),
    ("calls", "sequential", "parallel", mean_ms, DOWN, several_services()),
    ("instances", 1, 3, mean_ms, DOWN, pair(**LOADED)),
)  # fmt: skip
SERVER += rows(
    "server", "one",
    ("health_check_ms", 0.0, 200.0, of("one", "cpu"), UP, balanced({"arrival_rate_per_s": 5.0}, health_check_interval_s=0.5)),
)  # fmt: skip
SERVER += [
    resized("server", "server", 2, "boot_s", 0.5, 2.5, mean_ms, UP, pair(**LOADED)),
    resized("server", "server", 1, "drain_s", 0.0, 2.0, of("server", "failed"), DOWN, pair(instances=2, cores=32, service_ms=200.0)),
]

CACHE = rows(
    "cache", "cache",
    ("capacity_keys", 50, 500, hits, UP, cached()),
    ("ttl_s", 0.05, 3.0, hits, UP, cached()),
    ("threads", 1, 8, mean_ms, DOWN, cached(operation_ms=1.0)),
    ("operation_ms", 0.01, 0.8, mean_ms, UP, cached()),
    ("operation_distribution", "constant", "exponential", mean_ms, UP, cached(operation_ms=1.0)),
    ("operation_cv", 0.1, 3.0, mean_ms, UP, cached(operation_ms=0.8, operation_distribution="lognormal")),
    ("max_connections", 1, 1000, of("cache", "dropped"), DOWN, cached(operation_ms=1.0)),
    ("value_kb", 0.1, 20.0, mean_ms, UP, slow_link(cached({"arrival_rate_per_s": 50.0}), "server-cache")),
)  # fmt: skip

ONE_CORE: Document = {"database": {"cores": 1}}
DATABASE = rows(
    "sql_database", "database",
    ("cores", 1, 8, mean_ms, DOWN, stored(1.0)),
    ("max_connections", 1, 100, mean_ms, DOWN, stored(1.0)),
    ("connection_queue_limit", 0, 1000, dropped, DOWN, stored(1.0, database={"max_connections": 1})),
    ("read_ms", 1.0, 4.0, mean_ms, UP, stored(1.0)),
    ("write_ms", 1.0, 4.0, mean_ms, UP, stored(0.0)),
    ("service_distribution", "constant", "exponential", mean_ms, UP, stored(1.0, **ONE_CORE)),
    ("service_cv", 0.1, 2.0, mean_ms, UP, stored(1.0, database={"cores": 1, "service_distribution": "lognormal"})),
    ("apply_ms", 0.1, 3.0, when("replica_back"), UP, stored(0.0, 1, PRIMARY_RETURNS)),
    ("row_kb", 0.1, 30.0, mean_ms, UP, slow_link(stored(1.0, rate=50.0), "server_1-database", "server_2-database")),
    ("reads_from", "replicas", "primary", of("replica_1", "done"), DOWN, stored(1.0, 1)),
    ("replication", "asynchronous", "synchronous", mean_ms, UP, stored(0.0, 1)),
    ("replication_batch_ms", 0.0, 300.0, of("replica_1", "lag_ms"), UP, stored(0.0, 1)),
    ("automatic_failover", True, False, when("promoted"), UP, stored(0.5, 1, PRIMARY_DIES)),
    ("promotion_s", 0.5, 5.0, when("promoted"), UP, stored(0.5, 1, PRIMARY_DIES)),
    ("health_check_interval_s", 0.5, 4.0, when("primary_lost"), UP, stored(0.5, 1, PRIMARY_DIES)),
    ("health_check_timeout_ms", 100.0, 1900.0, when("primary_lost"), UP, stored(0.5, 1, PRIMARY_DIES_SILENTLY)),
    ("unhealthy_threshold", 1, 5, when("primary_lost"), UP, stored(0.5, 1, PRIMARY_DIES)),
    ("healthy_threshold", 1, 6, when("replica_back"), UP, stored(0.5, 1, REPLICA_RETURNS)),
)  # fmt: skip

REPLICA = rows(
    "read_replica", "replica_1",
    ("cores", 1, 8, mean_ms, DOWN, stored(1.0, 1)),
    ("max_connections", 1, 100, mean_ms, DOWN, stored(1.0, 1)),
    ("connection_queue_limit", 0, 1000, dropped, DOWN, stored(1.0, 1, replica={"max_connections": 1})),
    ("read_ms", 1.0, 4.0, mean_ms, UP, stored(1.0, 1)),
    ("write_ms", 1.0, 30.0, mean_ms, UP, stored(0.0, 1, PRIMARY_DIES)),
    ("service_distribution", "constant", "exponential", mean_ms, UP, stored(1.0, 1, replica={"cores": 1})),
    ("service_cv", 0.1, 2.0, mean_ms, UP, stored(1.0, 1, replica={"cores": 1, "service_distribution": "lognormal"})),
    ("apply_ms", 0.1, 3.0, of("replica_1", "lag_ms"), UP, stored(0.0, 1)),
    ("row_kb", 0.1, 30.0, mean_ms, UP, slow_link(stored(1.0, 1, rate=50.0), "server_1-database", "server_2-database")),
)  # fmt: skip


PRICES = [
    *rows(
        "server", "server",
        ("price_per_hour", 0.1, 0.2, cost("server", "instances"), UP, pair()),
        ("price_per_gb_out", 0.01, 0.1, cost("server", "traffic"), UP, pair()),
    ),
    *rows(
        "load_balancer", "balancer",
        ("price_per_hour", 0.02, 0.1, cost("balancer", "instances"), UP, balanced()),
        ("price_per_million_requests", 0.05, 0.5, cost("balancer", "requests"), UP, balanced()),
        ("price_per_gb_out", 0.01, 0.1, cost("balancer", "traffic"), UP, balanced()),
    ),
    *rows("cache", "cache", ("price_per_hour", 0.1, 0.2, cost("cache", "instances"), UP, cached())),
    *rows(
        "sql_database", "database",
        ("price_per_hour", 0.3, 0.6, cost("database", "instances"), UP, stored(1.0)),
        ("storage_gb", 10.0, 100.0, cost("database", "storage"), UP, stored(1.0)),
        ("price_per_gb_stored", 0.1, 0.2, cost("database", "storage"), UP, stored(1.0)),
    ),
    *rows(
        "read_replica", "replica_1",
        ("price_per_hour", 0.3, 0.6, cost("replica_1", "instances"), UP, stored(1.0, 1)),
        ("storage_gb", 10.0, 100.0, cost("replica_1", "storage"), UP, stored(1.0, 1)),
        ("price_per_gb_stored", 0.1, 0.2, cost("replica_1", "storage"), UP, stored(1.0, 1)),
    ),
]  # fmt: skip


LINK = rows(
    "link", "clients-server",
    ("latency_ms", 1.0, 20.0, mean_ms, UP, pair()),
    ("latency_distribution", "constant", "exponential", p99_ms, UP, with_link(pair(), latency_ms=50.0)),
    ("latency_cv", 0.05, 3.0, p99_ms, UP, with_link(pair(), latency_ms=50.0, latency_distribution="lognormal")),
    ("bandwidth_mbit_s", 1.0, 100.0, mean_ms, DOWN, pair(10.0, {"request_kb": 5.0})),
    ("loss_ratio", 0.0, 0.2, mean_ms, UP, pair()),
    ("retransmit_timeout_ms", 50.0, 300.0, mean_ms, UP, with_link(pair(), loss_ratio=0.2)),
    ("timeout_ms", 100.0, 900.0, waited_ms, UP, broken("machine")),
)  # fmt: skip
LINK += rows(
    "link", "server-one",
    ("share", 1.0, 0.2, of("one", "arrived"), DOWN, several_services()),
    ("classes", ["read", "write"], ["write"], of("one", "arrived"), DOWN, several_services()),
    ("when", "auto", "writes", of("one", "arrived"), DOWN, several_services()),
    ("asynchronous", False, True, mean_ms, DOWN, several_services()),
)  # fmt: skip


EXPERIMENTS: list[Experiment] = [*CLIENTS, *LOAD_BALANCER, *SERVER, *CACHE, *DATABASE, *REPLICA, *PRICES, *LINK]
