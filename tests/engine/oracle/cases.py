"""Designs that exercise one documented behaviour each; engine and oracle must agree on all of them.

Each lasts a few simulated seconds with a few hundred requests: both start empty, so nothing has to settle.
"""

from typing import Any

from tests.engine.oracle.designs import Document, design, kill, link, part


def clients(rate: float = 50.0, **more: Any) -> Document:
    return part("clients", arrival_rate_per_s=rate, **more)


def one_server(source: Document, server: Document, seconds: float = 6.0, **more: Any) -> Document:
    link_parameters = more.pop("over", {})
    parts = {"clients": source, "server": server}
    return design(parts, [link("clients", "server", **link_parameters)], seconds, **more)


def with_database(source: Document, server: Document, database: Document, seconds: float = 6.0) -> Document:
    parts = {"clients": source, "server": server, "db": database}
    return design(parts, [link("clients", "server"), link("server", "db", latency_ms=1.0)], seconds)


def balanced(policy: str, faults: list[Document] | None = None, seconds: float = 6.0, **balancer: Any) -> Document:
    """Three unequal servers, so that the policies differ."""
    parts = {
        "clients": clients(60.0, timeout_ms=1500.0),
        "lb": part("load_balancer", policy=policy, processing_ms=1.0, **balancer),
        "fast": part("server", service_ms=10.0),
        "slow": part("server", service_ms=35.0),
        "wide": part("server", service_ms=35.0, cores=2),
    }
    links = [link("clients", "lb", latency_ms=2.0)]
    links += [link("lb", name, latency_ms=1.0, timeout_ms=1000.0) for name in ("fast", "slow", "wide")]
    return design(parts, links, seconds, faults)


def cache_aside(faults: list[Document] | None = None, read_ratio: float = 0.8, **cache: Any) -> Document:
    parts = {
        "clients": clients(80.0, read_ratio=read_ratio, keys=60, zipf_exponent=0.8),
        "server": part("server", service_ms=2.0, cores=2),
        "cache": part("cache", operation_ms=0.5, operation_distribution="exponential", **cache),
        "db": part("sql_database", read_ms=8.0, write_ms=6.0),
    }
    links = [link("clients", "server"), link("server", "cache", latency_ms=1.0, timeout_ms=50.0), link("server", "db")]
    return design(parts, links, 6.0, faults)


def cluster(faults: list[Document] | None = None, seconds: float = 6.0, read_ratio: float = 0.5, **database: Any) -> Document:
    """A primary and two replicas, few keys, so that reads meet what has just been written."""
    settings = {"health_check_interval_s": 0.5, "unhealthy_threshold": 2, "promotion_s": 0.7} | database
    node: dict[str, Any] = {"read_ms": 4.0, "apply_ms": 2.0}
    parts = {
        "clients": clients(80.0, read_ratio=read_ratio, keys=10, timeout_ms=800.0),
        "server": part("server", service_ms=0.5),
        "db": part("sql_database", write_ms=3.0, **node, **settings),
        "replica-1": part("read_replica", **node),
        "replica-2": part("read_replica", **node),
    }
    links = [link("clients", "server"), link("server", "db", latency_ms=0.5)]
    links += [link("db", f"replica-{i}", latency_ms=3.0, timeout_ms=300.0) for i in (1, 2)]
    return design(parts, links, seconds, faults)


SHORT_CHECKS: dict[str, Any] = {
    "health_check_interval_s": 0.5,
    "health_check_timeout_ms": 200.0,
    "unhealthy_threshold": 2,
    "healthy_threshold": 2,
}
CASES: dict[str, Document] = {
    "station with two cores": one_server(clients(), part("server", cores=2, service_ms=32.0)),
    "lognormal service": one_server(clients(), part("server", service_ms=12.0, service_distribution="lognormal", service_cv=1.5)),
    "hyperexponential service": one_server(
        clients(), part("server", service_ms=12.0, service_distribution="hyperexponential", service_cv=2.0)
    ),
    "last come first served": one_server(clients(read_ratio=0.5), part("server", service_ms=14.0, discipline="lifo")),
    "writes before reads": one_server(
        clients(read_ratio=0.5, timeout_ms=200.0), part("server", service_ms=16.0, discipline="writes_first")
    ),
    "shared processor": one_server(
        clients(), part("server", service_ms=30.0, cores=2, service_cv=2.0, discipline="sharing", service_distribution="hyperexponential")
    ),
    "bounded queue": one_server(clients(), part("server", workers=2, cores=2, service_ms=45.0, queue_limit=2)),
    "memory is scarce": one_server(clients(), part("server", cores=8, service_ms=40.0, memory_mb=100.0, request_memory_mb=40.0)),
    "network card is scarce": one_server(clients(), part("server", service_ms=1.0, network_mbit_s=10.0, response_kb=20.0)),
    "pool held across calls": with_database(
        clients(60.0),
        part("server", workers=3, queue_limit=4, service_ms=1.0),
        part("sql_database", cores=1, read_ms=15.0, max_connections=2),
    ),
    "database connections run out": with_database(
        clients(60.0, read_ratio=0.5),
        part("server", service_ms=1.0),
        part("sql_database", cores=2, read_ms=30.0, write_ms=40.0, max_connections=2, connection_queue_limit=1),
    ),
    "timeouts waste work": one_server(clients(55.0, timeout_ms=60.0), part("server", service_ms=18.0), 5.0),
    "retries with backoff": one_server(
        clients(45.0, retries=3, backoff_ms=20.0),
        part("server", workers=1, service_ms=22.0, queue_limit=1),
    ),
    "retries with jitter after timeouts": one_server(
        clients(30.0, retries=2, backoff_ms=50.0, backoff_jitter=True, timeout_ms=80.0),
        part("server", service_ms=25.0),
    ),
    "closed users": one_server(part("clients", model="closed", users=12, think_time_s=0.2), part("server", service_ms=15.0)),
    "traffic that moves": one_server(
        clients(60.0), part("server", service_ms=12.0), traffic=[(1.0, 0.5), (2.0, 2.0), (3.0, 2.0), (4.0, 0.2)]
    ),
    "latency and bandwidth": one_server(
        clients(40.0, request_kb=0.0),
        part("server", service_ms=1.0, response_kb=25.0),
        over={"latency_ms": 10.0, "latency_distribution": "lognormal", "latency_cv": 0.8, "bandwidth_mbit_s": 12.0},
    ),
    "losses": one_server(
        clients(40.0, timeout_ms=400.0),
        part("server", service_ms=1.0),
        over={"latency_ms": 5.0, "loss_ratio": 0.2, "retransmit_timeout_ms": 50.0},
    ),
    "servers in a row": design(
        {"clients": clients(), "one": part("server", service_ms=8.0), "two": part("server", service_ms=12.0)},
        [link("clients", "one"), link("one", "two", latency_ms=2.0)],
        6.0,
    ),
    "round robin": balanced("round_robin"),
    "random": balanced("random"),
    "least connections": balanced("least_connections"),
    "power of two": balanced("power_of_two"),
    "address hash": balanced("ip_hash"),
    "connection limit": balanced("round_robin", max_connections=4),
    "a server is killed": balanced("round_robin", [kill("wide", 1.2, for_s=2.5)], **SHORT_CHECKS),
    "a machine is lost": balanced("least_connections", [kill("wide", 1.2, "machine", 2.5)], **SHORT_CHECKS),
    "all servers are killed": balanced("random", [kill(name, 2.0, for_s=2.0) for name in ("fast", "slow", "wide")], **SHORT_CHECKS),
    "the balancer is killed": balanced("random", [kill("lb", 2.0, for_s=1.0)]),
    "overload fails checks": balanced("round_robin", **(SHORT_CHECKS | {"health_check_timeout_ms": 60.0})),
    "least recently used": cache_aside(capacity_keys=15),
    "time to live": cache_aside(capacity_keys=100, ttl_s=0.5),
    "many writes": cache_aside(capacity_keys=100, read_ratio=0.5),
    "the cache is killed": cache_aside([kill("cache", 2.0, for_s=2.0)], capacity_keys=40),
    "the cache's machine is lost": cache_aside([kill("cache", 2.0, "machine", 2.0)], capacity_keys=40),
    "replication lag": cluster(replication_batch_ms=100.0),
    "shipped at once": cluster(read_ratio=0.3),
    "reads from the primary": cluster(reads_from="primary"),
    "synchronous replication": cluster(replication="synchronous"),
    "synchronous and a replica is killed": cluster([kill("replica-1", 2.0, for_s=2.0)], replication="synchronous"),
    "synchronous and a replica dies": cluster(
        [kill("replica-1", 2.0, "machine")], replication="synchronous", health_check_timeout_ms=200.0
    ),
    "a replica is killed": cluster([kill("replica-2", 1.3, for_s=2.0)]),
    "the primary is killed": cluster([kill("db", 2.03)], read_ratio=0.3, replication_batch_ms=200.0),
    "the primary's machine is lost": cluster([kill("db", 2.03, "machine")], replication_batch_ms=200.0),
    "the primary comes back soon": cluster([kill("db", 2.03, for_s=0.6)], replication_batch_ms=200.0),
    "the primary comes back replaced": cluster([kill("db", 1.03, for_s=3.0)], seconds=7.0, replication_batch_ms=200.0),
}
