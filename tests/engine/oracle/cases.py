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


def several(policy: str, server: dict[str, Any], faults: list[Document] | None = None, **balancer: Any) -> Document:
    """One server component that is several instances, over one narrow link."""
    parts = {
        "clients": clients(90.0, timeout_ms=1500.0),
        "lb": part("load_balancer", policy=policy, processing_ms=1.0, **balancer),
        "server": part("server", service_ms=20.0, response_kb=4.0, **server),
    }
    links = [link("clients", "lb", latency_ms=2.0), link("lb", "server", latency_ms=1.0, timeout_ms=1000.0, bandwidth_mbit_s=10.0)]
    return design(parts, links, 6.0, faults)


def weighted() -> Document:
    document = balanced("weighted")
    for name, weight in (("fast", 5.0), ("slow", 1.0), ("wide", 2.0)):
        document["links"][f"lb-{name}"]["parameters"]["weight"] = weight
    return document


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


def own_data(policy: str, **server: Any) -> Document:
    """Two servers behind a balancer, each with a database of its own: what is written at one is not there at the other."""
    keeping = part("server", service_ms=4.0, cores=2, own_database=True, database_read_ms=6.0, database_write_ms=9.0, **server)
    parts = {"clients": clients(80.0, read_ratio=0.6, keys=8), "lb": part("load_balancer", policy=policy), "one": keeping, "two": keeping}
    return design(parts, [link("clients", "lb"), link("lb", "one", latency_ms=1.0), link("lb", "two", latency_ms=1.0)], 6.0)


def services(calls: str, faults: list[Document] | None = None) -> Document:
    """A server that calls three others for each request."""
    parts = {"clients": clients(), "front": part("server", service_ms=1.0, calls=calls)}
    parts |= {name: part("server", service_ms=ms, cores=2) for name, ms in (("one", 15.0), ("two", 12.0), ("three", 18.0))}
    links = [link("clients", "front"), *(link("front", name, latency_ms=1.0) for name in ("one", "two", "three"))]
    return design(parts, links, 6.0, faults)


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
    "Pareto service": one_server(clients(), part("server", service_ms=12.0, service_distribution="pareto", service_tail=2.2)),
    "latency of Pareto and exponential parts": one_server(
        clients(40.0),
        part("server", service_ms=1.0),
        over={
            "latency_ms": 5.0,
            "latency_distribution": "pareto_exponential",
            "latency_tail": 3.5,
            "latency_exponential_share": 0.2,
            "latency_exponential_factor": 10.0,
        },
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
    "the program takes most of the memory": one_server(
        clients(), part("server", cores=8, service_ms=40.0, memory_mb=500.0, base_memory_mb=400.0, request_memory_mb=40.0)
    ),
    "disk is scarce": one_server(
        clients(60.0, read_ratio=0.5),
        part("server", cores=8, service_ms=2.0, disk_ms=3.0, disk_parallel=2, disk_reads=8, disk_writes=14, network_mbit_s=50.0),
    ),
    "one event loop": one_server(
        clients(60.0), part("server", concurrency="event_loop", cores=4, service_ms=14.0, response_kb=5.0, network_mbit_s=20.0)
    ),
    "event loops and few cores": one_server(
        clients(60.0), part("server", concurrency="event_loop", cores=2, event_loops=3, service_ms=28.0, max_connections=8)
    ),
    "an event loop waits for nobody": with_database(
        clients(60.0, read_ratio=0.5),
        part("server", concurrency="event_loop", service_ms=2.0, max_connections=20),
        part("sql_database", cores=20, read_ms=150.0, write_ms=250.0),
    ),
    "the server that does everything": one_server(
        clients(50.0, read_ratio=0.7, keys=20),
        part(
            "server",
            cores=2,
            service_ms=10.0,
            own_database=True,
            database_read_ms=12.0,
            database_write_ms=25.0,
            database_disk_share=0.5,
            disk_ms=9.0,
            memory_mb=400.0,
            database_memory_mb=200.0,
            request_memory_mb=20.0,
        ),
    ),
    "two servers with data of their own": own_data("round_robin"),
    "one event loop with data of its own": own_data("random", concurrency="event_loop"),
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
    "bursts, and traffic that moves": one_server(
        clients(50.0, arrival_distribution="hyperexponential", arrival_cv=2.0),
        part("server", service_ms=12.0),
        traffic=[(1.0, 0.5), (2.0, 1.5), (3.0, 1.5), (4.0, 0.3)],
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
    "services in turn": services("sequential"),
    "services at once": services("parallel"),
    "services at once and one is killed": services("parallel", [kill("two", 2.0, for_s=1.0)]),
    "round robin": balanced("round_robin"),
    "random": balanced("random"),
    "least connections": balanced("least_connections"),
    "power of two": balanced("power_of_two"),
    "address hash": balanced("ip_hash"),
    "best of three": balanced("power_of_two", choices=3),
    "least response time": balanced("least_response_time"),
    "weights": weighted(),
    "sticky sessions": balanced("random", sticky=True),
    "a target is ejected": balanced("random", [kill("wide", 1.2, for_s=2.5)], ejects_after=3, ejection_s=1.0),
    "all targets fail and the last stays": balanced(
        "round_robin", [kill(name, 1.5, for_s=2.5) for name in ("fast", "slow", "wide")], ejects_after=2, ejection_s=1.5
    ),
    "connection limit": balanced("round_robin", max_connections=4),
    "a server is killed": balanced("round_robin", [kill("wide", 1.2, for_s=2.5)], **SHORT_CHECKS),
    "a machine is lost": balanced("least_connections", [kill("wide", 1.2, "machine", 2.5)], **SHORT_CHECKS),
    "all servers are killed": balanced("random", [kill(name, 2.0, for_s=2.0) for name in ("fast", "slow", "wide")], **SHORT_CHECKS),
    "the balancer is killed": balanced("random", [kill("lb", 2.0, for_s=1.0)]),
    "overload fails checks": balanced("round_robin", **(SHORT_CHECKS | {"health_check_timeout_ms": 60.0})),
    "three instances behind a balancer": several("least_connections", {"instances": 3}),
    "instances of a killed group": several("round_robin", {"instances": 3}, [kill("server", 2.0, for_s=2.0)], **SHORT_CHECKS),
    "instances whose machines are lost": several("random", {"instances": 2}, [kill("server", 2.0, "machine", 2.0)], **SHORT_CHECKS),
    "two balancers of one component": several("round_robin", {"instances": 3}, instances=2, max_connections=3),
    "clients among instances": one_server(clients(90.0), part("server", service_ms=18.0, instances=3)),
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
