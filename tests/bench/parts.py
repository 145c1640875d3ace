"""Designs in which one part does most of the work, with as little around it as it needs."""

from collections.abc import Iterator
from typing import Any

from tests.bench.designs import Document, completed, like_catalogue
from tests.engine.oracle.designs import design, link

RATE_PER_S = 1_000.0


def plan(clients: Document, parts: dict[str, Document], *pairs: tuple[str, str]) -> Document:
    """Clients and these parts, with links that are in nobody's way."""
    calling = like_catalogue("clients", **({"arrival_rate_per_s": RATE_PER_S, "timeout_ms": 30_000.0} | clients))
    ends = [link(source, target, latency_ms=0.5, bandwidth_mbit_s=0.0) for source, target in pairs]
    return completed(design({"clients": calling, **parts}, ends, 3600.0))


def quick_server(**parameters: Any) -> Document:
    """A server that is never full and has no network card, memory or disk to wait for."""
    ample = {"cores": 16, "workers": 10_000, "service_ms": 1.0, "network_mbit_s": 0.0, "memory_mb": 1e6}
    return like_catalogue("server", **(ample | parameters))


def gateway() -> Document:
    limited = {"limit": "token_bucket", "limit_rate_per_s": 2 * RATE_PER_S, "limit_burst": 1_000.0, "health_check_interval_s": 600.0}
    parts = {"gateway": like_catalogue("api_gateway", **limited), "server": quick_server()}
    return plan({}, parts, ("clients", "gateway"), ("gateway", "server"))


def cdn() -> Document:
    clients = {"static_share": 1.0, "static_objects": 20_000}
    parts = {"cdn": like_catalogue("cdn", capacity_gb=0.2, ttl_s=60.0), "origin": like_catalogue("object_storage")}
    return plan(clients, parts, ("clients", "cdn"), ("cdn", "origin"))


def dns() -> Document:
    names = [f"server-{number}" for number in range(4)]
    parts = {"dns": like_catalogue("dns", ttl_s=0.0, resolution_ms=1.0), **{name: quick_server() for name in names}}
    return plan({}, parts, ("clients", "dns"), *(("dns", name) for name in names))


def queue_and_worker(kind: str = "message_queue") -> Document:
    worker = {"workers": 32, "cores": 8, "service_ms": 5.0, "queue_limit": 100_000}
    parts = {
        "server": quick_server(),
        "queue": like_catalogue(kind, prefetch=32, health_check_interval_s=600.0),
        "worker": like_catalogue("worker", **worker),
    }
    return plan({"read_ratio": 0.0}, parts, ("clients", "server"), ("server", "queue"), ("queue", "worker"))


def log() -> Document:
    return queue_and_worker("event_log")


def wide_column() -> Document:
    quorum = {"read_consistency": 2, "write_consistency": 2, "instances": 5, "connection_queue_limit": 100_000}
    parts = {"server": quick_server(), "store": like_catalogue("wide_column", **quorum)}
    return plan({"read_ratio": 0.5}, parts, ("clients", "server"), ("server", "store"))


def key_value() -> Document:
    parts = {"server": quick_server(), "store": like_catalogue("key_value")}
    return plan({}, parts, ("clients", "server"), ("server", "store"))


def document_database() -> Document:
    """Half of the requests are writes, which wait for one of two replicas."""
    node = {"cores": 8, "read_ms": 1.0, "write_ms": 2.0, "apply_ms": 0.5, "storage_gb": 0.0}
    replicas = {name: like_catalogue("read_replica", **node) for name in ("replica-1", "replica-2")}
    parts = {
        "server": quick_server(),
        "database": like_catalogue("document_database", **node, health_check_interval_s=600.0, election_timeout_s=1_200.0),
        **replicas,
    }
    return plan({"read_ratio": 0.5}, parts, ("clients", "server"), ("server", "database"), *(("database", name) for name in replicas))


def shards() -> Document:
    names = [f"shard-{number}" for number in range(4)]
    stores = {name: like_catalogue("sql_database", cores=8, max_connections=1_000, read_ms=1.0, write_ms=2.0) for name in names}
    parts = {"server": quick_server(), "router": like_catalogue("shard_router"), **stores}
    return plan({}, parts, ("clients", "server"), ("server", "router"), *(("router", name) for name in names))


def cache(eviction: str) -> Document:
    """A cache that holds a tenth of the keys, so that most misses push something out."""
    parts = {
        "server": quick_server(),
        "cache": like_catalogue("cache", capacity_keys=10_000, eviction=eviction, ttl_s=0.0),
        "database": like_catalogue("sql_database", cores=16, max_connections=10_000, read_ms=1.0, write_ms=2.0),
    }
    return plan({}, parts, ("clients", "server"), ("server", "cache"), ("server", "database"))


def hundred() -> Document:
    """A load balancer before a hundred instances of one server, at ten thousand requests a second."""
    parts = {
        "balancer": like_catalogue("load_balancer", cores=64, processing_ms=0.02, max_connections=1_000_000),
        "server": quick_server(instances=100, cores=1, service_ms=7.0),
    }
    return plan({"arrival_rate_per_s": 10 * RATE_PER_S}, parts, ("clients", "balancer"), ("balancer", "server"))


def in_real_time() -> Iterator[tuple[str, Document]]:
    """Those that nobody has written a second time."""
    yield "cdn", cdn()
    yield "dns", dns()
    yield "log", log()
    yield "shards", shards()
    for eviction in ("lru", "lfu", "fifo", "random"):
        yield f"cache-{eviction}", cache(eviction)
