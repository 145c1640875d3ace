"""Experiments for what a cache does when it is full, when values grow old and when it stands in front of a database."""

from typing import Any

from sim_engine.experiments.designs import cached
from sim_engine.experiments.drawing import Document, design, kill, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, resized, rows
from sim_engine.experiments.figures import hits, mean_ms, of, p99_ms, stale, when


def in_front(read_ratio: float = 1.0, faults: list[Document] | None = None, **cache: Any) -> Document:
    """A server that reads and writes through a cache with its database behind it."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=400.0, keys=1_000, read_ratio=read_ratio, retries=0),
        "server": part("server", cores=16, service_ms=0.1),
        "cache": part("cache", **({"capacity_keys": 200} | cache)),
        "database": part("sql_database", cores=64, read_ms=10.0),
    }
    links = [link("clients", "server"), link("server", "cache"), link("cache", "database")]
    return design(parts, links, 6.0, faults)


def popular(**cache: Any) -> Document:
    """Keys that are asked for very unevenly, through a small cache."""
    return cached({"arrival_rate_per_s": 1_500.0, "zipf_exponent": 1.0}, **({"capacity_keys": 60} | cache))


def together(**cache: Any) -> Document:
    """Few keys, all put at about the same time, that all expire together, in front of a slow database."""
    document = in_front(capacity_keys=1_000, ttl_s=1.0, **cache)
    document["components"]["clients"]["parameters"] |= {"keys": 20, "zipf_exponent": 0.0, "arrival_rate_per_s": 2_000.0}
    document["components"]["database"]["parameters"] |= {"cores": 1, "read_ms": 5.0}
    return document


DIES = [kill("cache", 3.0)]
CACHE = rows(
    "cache", "cache",
    ("eviction", "lru", "lfu", hits, UP, popular()),
    ("ttl_jitter", 0.0, 0.3, p99_ms, DOWN, together(single_flight=True)),
    ("ttl_slides", False, True, hits, UP, cached({"keys": 100}, ttl_s=0.3)),
    ("writes", "through", "back", mean_ms, DOWN, in_front(0.2)),
    ("write_back_delay_ms", 10.0, 1_000.0, of("cache", "writes_lost"), UP, in_front(0.2, DIES, writes="back")),
    ("single_flight", False, True, of("database", "arrived"), DOWN, together()),
    ("instances", 1, 3, hits, UP, cached()),
)  # fmt: skip
CACHE += [
    resized("cache", "cache", 2, "boot_s", 0.5, 2.0, when("instance_up"), UP, cached()),
    resized("cache", "cache", 1, "drain_s", 0.1, 2.0, when("instance_removed"), UP, cached(instances=2, operation_ms=300.0, threads=256)),
]


def missed_together() -> Document:
    """A server that fills its cache itself, with few keys that all expire together, and a slow database."""
    document = cached({"keys": 20, "zipf_exponent": 0.0, "arrival_rate_per_s": 1_000.0}, capacity_keys=1_000, ttl_s=1.0)
    document["components"]["database"]["parameters"] |= {"cores": 1, "read_ms": 5.0}
    return document


SERVER = rows("server", "server", ("single_flight", False, True, of("database", "arrived"), DOWN, missed_together()))

LINK = rows(
    "link", "server-cache",
    ("on_write", "delete", "leave", stale, UP, cached({"read_ratio": 0.5})),
)  # fmt: skip

EXPERIMENTS: list[Experiment] = [*CACHE, *SERVER, *LINK]
