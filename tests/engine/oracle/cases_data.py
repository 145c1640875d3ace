"""Designs with caches and databases in the ways that they can be set up; engine and oracle must agree on all of them."""

from typing import Any

from tests.engine.oracle.designs import Document, design, kill, link, part


def readers(rate: float = 80.0, **more: Any) -> Document:
    return part("clients", **({"arrival_rate_per_s": rate, "read_ratio": 0.8, "keys": 60, "zipf_exponent": 0.8} | more))


def cache_aside(
    faults: list[Document] | None = None, traffic: dict[str, Any] | None = None, on_write: str = "delete", **cache: Any
) -> Document:
    parts = {
        "clients": readers(**(traffic or {})),
        "server": part("server", service_ms=2.0, cores=2),
        "cache": part("cache", **({"operation_ms": 0.5, "operation_distribution": "exponential"} | cache)),
        "db": part("sql_database", read_ms=8.0, write_ms=6.0),
    }
    links = [link("clients", "server"), link("server", "db")]
    links.append(link("server", "cache", latency_ms=1.0, timeout_ms=50.0, on_write=on_write))
    return design(parts, links, 6.0, faults)


def fetched_once() -> Document:
    """A server of which only the first request for a key that is missed asks the database."""
    document = cache_aside(traffic={"keys": 3, "read_ratio": 1.0, "rate": 110.0}, ttl_s=0.1)
    document["components"]["server"]["parameters"]["single_flight"] = True
    return document


def in_front(faults: list[Document] | None = None, traffic: dict[str, Any] | None = None, **cache: Any) -> Document:
    """A cache that asks the database itself."""
    parts = {
        "clients": readers(**(traffic or {})),
        "server": part("server", service_ms=2.0, cores=2),
        "cache": part("cache", **({"operation_ms": 0.5, "operation_distribution": "exponential", "capacity_keys": 25} | cache)),
        "db": part("sql_database", read_ms=8.0, write_ms=6.0),
    }
    links = [link("clients", "server"), link("server", "cache", latency_ms=1.0, timeout_ms=500.0), link("cache", "db", latency_ms=1.0)]
    return design(parts, links, 6.0, faults)


def stored(traffic: dict[str, Any] | None = None, replicas: int = 0, faults: list[Document] | None = None, **database: Any) -> Document:
    settings = {"health_check_interval_s": 0.5, "unhealthy_threshold": 2, "promotion_s": 0.7} if replicas else {}
    node = {name: database[name] for name in ("data_gb", "disk_read_ms", "disk_queue_depth") if name in database}
    parts = {
        "clients": readers(**({"read_ratio": 0.5} | (traffic or {}))),
        "server": part("server", service_ms=0.5),
        "db": part("sql_database", **({"read_ms": 4.0, "write_ms": 3.0, "apply_ms": 2.0} | settings | database)),
        **{f"replica-{i}": part("read_replica", read_ms=4.0, apply_ms=2.0, **node) for i in range(1, replicas + 1)},
    }
    links = [link("clients", "server"), link("server", "db", latency_ms=0.5)]
    links += [link("db", f"replica-{i}", latency_ms=3.0 * i, timeout_ms=300.0) for i in range(1, replicas + 1)]
    return design(parts, links, 6.0, faults)


def filed(faults: list[Document] | None = None, server: dict[str, Any] | None = None, **storage: Any) -> Document:
    """Files and uploads among other requests."""
    parts = {
        "clients": readers(
            static_share=0.3, upload_share=0.2, static_response_kb=40.0, static_size_cv=1.0, static_change_s=1.0, upload_request_kb=100.0
        ),
        "server": part("server", service_ms=4.0, **({"serves_static": False} | (server or {}))),
        "storage": part("object_storage", **({"object_kb": 20.0} | storage)),
        "db": part("sql_database", read_ms=4.0, write_ms=6.0),
    }
    links = [link("clients", "server"), link("server", "storage", latency_ms=2.0, timeout_ms=300.0), link("server", "db", latency_ms=1.0)]
    return design(parts, links, 6.0, faults)


WRITERS = {"read_ratio": 0.4, "keys": 12, "rate": 50.0}
PUTTERS: dict[str, Any] = {"read_ratio": 0.6, "keys": 40}
STAMPEDE: dict[str, Any] = {"keys": 3, "read_ratio": 1.0, "rate": 110.0}
CASES: dict[str, Document] = {
    "least often used": cache_aside(capacity_keys=15, eviction="lfu"),
    "first in, first out": cache_aside(capacity_keys=15, eviction="fifo"),
    "any goes": cache_aside(capacity_keys=15, eviction="random"),
    "life with jitter": cache_aside(ttl_s=0.5, ttl_jitter=0.8),
    "life from the last use": cache_aside(ttl_s=0.3, ttl_slides=True),
    "life from the last use, with jitter": cache_aside(ttl_s=0.3, ttl_slides=True, ttl_jitter=1.0, capacity_keys=30),
    "what is written is put": cache_aside(traffic=WRITERS, on_write="put", ttl_s=1.0),
    "what is written is put, and the oldest go": cache_aside(traffic=PUTTERS, on_write="put", capacity_keys=12, eviction="fifo"),
    "what is written is put, and the least used go": cache_aside(traffic=PUTTERS, on_write="put", capacity_keys=12, eviction="lfu"),
    "what is written is put, at one of two": cache_aside(
        [kill("cache", 2.0, for_s=1.0, instance=1)], PUTTERS | {"zipf_exponent": 0.0}, on_write="put", instances=2
    ),
    "what is written is left": cache_aside(traffic=WRITERS, on_write="leave", ttl_s=0.5),
    "cache nodes on a ring": cache_aside(traffic={"zipf_exponent": 0.0}, instances=3, capacity_keys=8),
    "a cache node is killed": cache_aside([kill("cache", 2.0, for_s=2.0)], {"zipf_exponent": 0.0}, instances=2, capacity_keys=100),
    "read through": in_front(),
    "written through": in_front(traffic=WRITERS),
    "written around": in_front(traffic=WRITERS, writes="around"),
    "written back": in_front(traffic=WRITERS, writes="back", write_back_delay_ms=300.0),
    "written back and lost": in_front([kill("cache", 2.0, for_s=1.0)], WRITERS, writes="back", write_back_delay_ms=300.0),
    "written back over a database that fails": in_front(
        [kill("db", 2.0, for_s=1.0), kill("cache", 4.0, for_s=0.5)], WRITERS, writes="back", write_back_delay_ms=200.0, ttl_s=0.4
    ),
    "stampede": in_front(traffic=STAMPEDE, ttl_s=0.1),
    "single flight": in_front(traffic=STAMPEDE, ttl_s=0.1, single_flight=True),
    "single flight of a server": fetched_once(),
    "the database behind the cache dies": in_front([kill("db", 2.0, for_s=1.0)], WRITERS, ttl_s=0.3),
    "a buffer that is too small": stored(data_gb=40.0, disk_read_ms=12.0, disk_queue_depth=2),
    "a buffer that is too small, one disk": stored(
        {"zipf_exponent": 0.0, "rate": 60.0}, data_gb=64.0, disk_read_ms=12.0, disk_queue_depth=1
    ),
    "connections take the buffer": stored({"rate": 60.0}, data_gb=20.0, max_connections=1024, connection_memory_mb=10.0, disk_read_ms=12.0),
    "replicas and a small buffer": stored(replicas=2, data_gb=40.0, disk_read_ms=15.0, disk_queue_depth=2),
    "object storage": filed(network_mbit_s=40.0),
    "object storage for uploads alone": filed(server={"serves_static": True, "static_ms": 1.0}, first_byte_ms=60.0),
    "object storage has no connection left": filed(max_connections=2, first_byte_distribution="exponential"),
    "object storage is killed": filed([kill("storage", 2.0, for_s=1.5)]),
    "locked rows": stored({"keys": 2, "rate": 70.0}, cores=4, write_ms=30.0, lock_rows=True),
    "locked rows and replicas that are waited for": stored(
        {"keys": 3, "rate": 60.0}, 2, write_ms=6.0, cores=4, lock_rows=True, replication="synchronous"
    ),
    "semi-synchronous": stored({"keys": 10}, 2, replication="semi_synchronous"),
    "semi-synchronous with two": stored({"keys": 10}, 3, replication="semi_synchronous", semi_synchronous_replicas=2),
    "semi-synchronous and a replica is killed": stored(
        {"keys": 10}, 2, [kill("replica-1", 2.0, for_s=2.0)], replication="semi_synchronous"
    ),
    "semi-synchronous and the primary is killed": stored(
        {"keys": 10}, 2, [kill("db", 2.03)], replication="semi_synchronous", reads_from="primary"
    ),
    "a killed database has forgotten its buffer": stored({"rate": 50.0}, 0, [kill("db", 3.0, for_s=0.2)], data_gb=40.0, disk_read_ms=15.0),
}
