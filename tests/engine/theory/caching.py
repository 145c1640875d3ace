"""Rows about caches: what LRU and expiry keep, what happens when a hot key expires, and two-mode latencies."""

import math
from dataclasses import replace
from typing import Any

from tests.engine.oracle.designs import Document, design, link, part
from tests.engine.theory.observe import Experiment, Frame, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row, Tolerance

RATE_PER_S = 1000.0


def cached(keys: int, exponent: float, rate: float, seconds: float, miss_ms: float = 0.0, **cache: Any) -> Document:
    """Readers, a server that costs nothing, a cache, and a database that is far away by `miss_ms`."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, keys=keys, zipf_exponent=exponent),
        "server": part("server", service_ms=0.0),
        "cache": part("cache", **cache),
        "db": part("sql_database", read_ms=0.0),
    }
    links = [link("clients", "server"), link("server", "cache"), link("server", "db", latency_ms=miss_ms / 2)]
    return design(parts, links, seconds)


def evicting(row: Row, eviction: str) -> Experiment:
    n = row.numbers
    seconds = row.requests / RATE_PER_S
    return Experiment(cached(int(n["N"]), n["alpha"], RATE_PER_S, seconds, capacity_keys=int(n["C"]), eviction=eviction))


def least_recently_used(row: Row) -> Experiment:
    return evicting(row, "lru")


def least_frequently_used(row: Row) -> Experiment:
    """It knows how often a key was used since it was put, not how popular it is: so it stays below the bound."""
    return evicting(row, "lfu")


def first_in_first_out_and_random(row: Row) -> tuple[Experiment, Experiment]:
    return evicting(row, "fifo"), evicting(row, "random")


def farther_hit_ratio(row: Row, seen: list[Seen]) -> float:
    """Both have the row's value; of the two measured ones that which is farther from it."""
    return max((hit_ratio(row, [one]) for one in seen), key=lambda measured: abs(measured - row.value))


def expiring(row: Row, slides: bool = False) -> Experiment:
    """One key, read at the row's rate; a second of a row is a millisecond here."""
    rate = row.numbers["lambda"] * 1000
    document = cached(1, 0.0, rate, row.requests / rate, capacity_keys=1, ttl_s=row.numbers["T"] / 1000, ttl_slides=slides)
    return Experiment(document)


def expiring_unless_used(row: Row) -> Experiment:
    return expiring(row, slides=True)


def misses_of(frame: Frame) -> int:
    return int(frame["components"]["db"]["arrived"])


def stampede(row: Row) -> Experiment:
    """One key that takes `regen` to fetch, over as many expiries as bring some tens of thousands of misses."""
    n = row.numbers
    expiries = round(max(100, 20_000 / (n["lambda"] * n["regen"])))
    seconds = expiries * (n["regen"] + n["TTL"])
    document = cached(1, 0.0, n["lambda"], seconds, miss_ms=n["regen"] * 1000, capacity_keys=1, ttl_s=n["TTL"])
    return Experiment(document, tick_s=n["TTL"] / 6, keep=misses_of)


def single_flight(row: Row) -> Experiment:
    """The same hot key; now the cache stands in front of the database and lets only the first ask."""
    before = stampede(row)
    document = before.design
    document["components"]["cache"]["parameters"]["single_flight"] = True
    del document["links"]["server-db"]
    document["links"]["cache-db"] = link("cache", "db", latency_ms=row.numbers["regen"] * 500)
    return replace(before, design=document)


def hit_ratio(_: Row, seen: list[Seen]) -> float:
    ratio = seen[0].summary["cache_hit_ratio"]
    assert ratio is not None
    return float(ratio)


def bursts(counts: list[int]) -> list[int]:
    """Where misses begin: frames with some after a frame without."""
    return [i for i, count in enumerate(counts) if count and (i == 0 or not counts[i - 1])]


def misses_per_expiry(_: Row, seen: list[Seen]) -> float:
    """Up to the beginning of the last burst, which may be cut off."""
    starts = bursts(seen[0].kept)
    return float(sum(seen[0].kept[: starts[-1]]) / (len(starts) - 1))


def misses_per_second(row: Row, seen: list[Seen]) -> float:
    """Over whole cycles: from the first burst to the beginning of the last."""
    counts, starts = seen[0].kept, bursts(seen[0].kept)
    misses: int = sum(counts[starts[0] : starts[-1]])
    return misses / ((starts[-1] - starts[0]) * row.numbers["TTL"] / 6)


def two_modes(_: Row) -> Experiment:
    """A hit takes 1 ms and a miss 51 ms; equal keys whose expiry makes nine of ten reads hits."""
    document = cached(100, 0.0, 10_000.0, 20.0, miss_ms=50.0, capacity_keys=100, ttl_s=0.1)
    document["components"]["cache"]["parameters"]["operation_ms"] = 1.0
    document["components"]["cache"]["parameters"]["threads"] = 256
    return Experiment(document)


def p50_when_p99_is_right(_: Row, seen: list[Seen]) -> float:
    """The row's value is the p99; its p50 must be 1 ms as well (the put after a miss adds 1 ms: taken off)."""
    if not math.isclose(seen[0].latency_s("p50"), 0.001, rel_tol=0.01):
        return math.nan
    return seen[0].latency_s("p99") * 1000 - 1


def histogram(_: Row) -> Tolerance:
    """Percentiles are documented to be exact to 1 %."""
    return Tolerance(relative=0.01)


RULES = [
    Rule("Q28", "LRU hit ratio", "", least_recently_used, hit_ratio, exact_law=False),
    Rule("Q28", "FIFO/RANDOM", "", first_in_first_out_and_random, farther_hit_ratio, exact_law=False),
    Rule("Q28", "perfect LFU", "", least_frequently_used, hit_ratio, at_most=True, exact_law=False),
    Rule("Q30", "TTL cache (fixed", "", expiring, hit_ratio, params="lambda=1.0"),
    Rule("Q30", "TTL cache (fixed", "", expiring, hit_ratio, params="lambda=0.1"),
    Rule("Q30", "TTL cache (fixed", "", expiring, hit_ratio, params="lambda=10.0", exact_law=False),
    Rule("Q30", "TTL cache (sliding", "", expiring_unless_used, hit_ratio, exact_law=False),
    Rule("Q31", "cache stampede, single-flight", "", single_flight, misses_per_expiry, quick=False, exact_law=False),
    Rule("Q31", "cache stampede, no", "origin calls per expiry", stampede, misses_per_expiry, quick=False, exact_law=False),
    Rule("Q31", "cache stampede, no", "origin calls/s", stampede, misses_per_second, quick=False, exact_law=False),
    Rule("Q52", "two-mode", "", two_modes, p50_when_p99_is_right, within=histogram, exact_law=False),
]  # fmt: skip
