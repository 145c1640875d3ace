"""Rows about calls: to many at once, second copies, retries tier by tier, breakers, rate limits, what TCP adds."""

import itertools
import math
from typing import Any

from tests.engine.oracle.designs import Document, design, kill, link, part
from tests.engine.theory.observe import Experiment, Frame, Seen
from tests.engine.theory.queues import UNIT_S
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row

MANY_CORES: dict[str, Any] = {"cores": 1000, "service_ms": UNIT_S * 1000}
LEAF_P99 = -math.log(0.01)
ONE_IN_TEN_THOUSAND = math.log(10_000)


# -- fan-out
def all_leaves(leaves: int, requests: int, rate: float = 100.0, patience: float | None = None) -> Document:
    """A gateway that calls so many leaves at once; none of them is ever busy. patience: in units of a leaf's mean time."""
    names = [f"leaf-{i}" for i in range(leaves)]
    clients: dict[str, Any] = {} if patience is None else {"timeout_ms": patience * UNIT_S * 1000}
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, **clients),
        "root": part("api_gateway", several="parallel"),
        **{name: part("server", **MANY_CORES) for name in names},
    }
    return design(parts, [link("clients", "root"), *(link("root", name) for name in names)], requests / rate)


def slowest_leaf(row: Row) -> Experiment:
    return Experiment(all_leaves(int(row.numbers["n"]), row.requests if row.numbers["n"] < 100 else row.requests // 2))


def slower_than_p99(row: Row) -> Experiment:
    return Experiment(all_leaves(int(row.numbers["n"]), row.requests // 2, patience=LEAF_P99))


def two_thousand_leaves(_: Row) -> Experiment:
    """Ten gateways call twenty each, and those ten leaves each; nobody waits, so it does not matter that they share them."""
    tiers = [["root"], [f"a-{i}" for i in range(10)], [f"b-{i}" for i in range(20)]]
    leaves = [f"leaf-{i}" for i in range(10)]
    parts = {
        "clients": part("clients", arrival_rate_per_s=50.0, timeout_ms=ONE_IN_TEN_THOUSAND * UNIT_S * 1000),
        **{name: part("api_gateway", several="parallel") for tier in tiers for name in tier},
        **{name: part("server", **MANY_CORES) for name in leaves},
    }
    links = [link("clients", "root")]
    for callers, callees in zip(tiers, [*tiers[1:], leaves], strict=True):
        links += [link(caller, callee) for caller in callers for callee in callees]
    return Experiment(design(parts, links, 40_000 / 50.0))


def too_slow(_: Row, seen: list[Seen]) -> float:
    return seen[0].errors("timeout") / seen[0].requests("arrived")


def mean(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("mean") / UNIT_S


def quantile(share: float) -> Any:
    return lambda _, seen: seen[0].quantile_s(share) / UNIT_S


# -- second copies
def hedged(row: Row) -> Experiment:
    share = {"p95": 0.05, "p99": 0.01}[row.params.removeprefix("delay=")]
    clients, rate = part("clients", arrival_rate_per_s=1000.0), 1000.0
    copy_after_ms = -math.log(share) * UNIT_S * 1000
    over = link("clients", "server", hedge_after_ms=copy_after_ms)
    return Experiment(design({"clients": clients, "server": part("server", **MANY_CORES)}, [over], row.requests / rate))


def copies(_: Row, seen: list[Seen]) -> float:
    hedges_per_s = float(seen[0].summary["components"]["clients"]["metrics"]["hedges_per_s"])
    return hedges_per_s * seen[0].seconds / seen[0].requests("arrived")


# -- retries and breakers
def three_tiers(_: Row) -> Experiment:
    """One user at a time; the clients, the first and the second server try four times each; the last is down."""
    parts = {
        "clients": part("clients", model="closed", users=1, think_distribution="constant", retries=3, backoff_ms=0.0),
        **{name: part("server", service_ms=0.0) for name in ("first", "second", "last")},
    }
    again: dict[str, Any] = {"retries": 3, "backoff_ms": 0.0}
    links = [link("clients", "first"), link("first", "second", **again), link("second", "last", **again)]
    return Experiment(design(parts, links, 100.5, [kill("last", 0.0)]))


def attempts_at_the_bottom(_: Row, seen: list[Seen]) -> float:
    return seen[0].part("last", "arrived") / seen[0].requests("arrived")


def outage_behind_a_breaker(_: Row) -> Experiment:
    parts = {"clients": part("clients", arrival_rate_per_s=100.0), "server": part("server", service_ms=0.0)}
    over = link("clients", "server", breaker_failures=5, breaker_open_s=10.0, breaker_probes=1)
    return Experiment(design(parts, [over], 80.0, [kill("server", 10.0, for_s=60.0)]))


def calls_to_the_dead(_: Row, seen: list[Seen]) -> float:
    return float(seen[0].errors("refused"))


# -- rate limits
def limited(rate: float, seconds: float, kind: str, limit: float, burst: float) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate),
        "gateway": part("api_gateway", limit=kind, limit_rate_per_s=limit, limit_burst=burst),
        "server": part("server", service_ms=0.0),
    }
    return design(parts, [link("clients", "gateway"), link("gateway", "server")], seconds)


def token_bucket(row: Row) -> Experiment:
    rate = 1000.0 * row.numbers["lambda/r"]
    return Experiment(limited(rate, row.requests / rate, "token_bucket", 1000.0, row.numbers["bucket"]))


def rejected(_: Row, seen: list[Seen]) -> float:
    return seen[0].errors("rate_limited") / seen[0].requests("arrived")


def admitted(frame: Frame) -> tuple[float, int]:
    return frame["t"], int(frame["components"]["server"]["arrived"])


RATE, BUCKET = 50.0, 20.0


def watched_bucket(_: Row) -> Experiment:
    return Experiment(limited(2 * RATE, 200.0, "token_bucket", RATE, BUCKET), tick_s=0.1, keep=admitted)


def above_the_line(_: Row, seen: list[Seen]) -> float:
    """Moments that end a window of any length in which more was admitted than b + r·t."""
    total, lowest, violations = 0, 0.0, 0
    for t, count in seen[0].kept:
        total += count
        violations += total - RATE * t - lowest > BUCKET + 1e-6
        lowest = min(lowest, total - RATE * t)
    return float(violations)


def arrivals_behind(frame: Frame) -> list[float]:
    return [span["arrived_s"] for span in frame["spans"] if span["component"] == "server"]


def watched_leak(_: Row) -> Experiment:
    """So few requests that each is traced."""
    return Experiment(limited(3.9, 500.0, "leaky_bucket", 2.0, 10.0), keep=arrivals_behind)


def too_close(_: Row, seen: list[Seen]) -> float:
    times = sorted(t for kept in seen[0].kept for t in kept)
    assert len(times) > 900
    return float(sum(after - before < 0.5 - 2e-6 for before, after in itertools.pairwise(times)))


# -- what TCP adds
ROUND_TRIP_S = 0.1


def transfer(size_kb: float, **over: float) -> Experiment:
    """One user who asks for as much again and again, a round trip of 100 ms away."""
    parts = {
        "clients": part("clients", model="closed", users=1, think_distribution="constant"),
        "server": part("server", service_ms=0.0, response_kb=size_kb),
    }
    far = link("clients", "server", latency_ms=ROUND_TRIP_S * 500, **over)
    return Experiment(design(parts, [far], 2000.0))


def took_s(seen: Seen) -> float:
    return seen.part("clients", "latency_ms", "mean") / 1000


def pipe(_: Row) -> list[Experiment]:
    return [transfer(0.0), *(transfer(size_kb, bandwidth_mbit_s=1000.0) for size_kb in (10_000.0, 1_000_000.0))]


def bytes_in_the_pipe(_: Row, seen: list[Seen]) -> float:
    """What the bandwidth carries in a round trip, both as measured."""
    round_trip_s, one_s, other_s = (took_s(one) for one in seen)
    return 990_000_000 / (other_s - one_s) * round_trip_s


def windows(_: Row) -> list[Experiment]:
    return [transfer(count * 65.536, window_kb=65.536) for count in (10, 110)]


def megabits_per_s(_: Row, seen: list[Seen]) -> float:
    return 100 * 65_536 * 8 / 1e6 / (took_s(seen[1]) - took_s(seen[0]))


def slow_start(_: Row) -> Experiment:
    return transfer(1000.0, first_window_kb=14.6)


def round_trips(_: Row, seen: list[Seen]) -> float:
    return round(took_s(seen[0]) / ROUND_TRIP_S, 9)


RULES = [
    Rule("Q23", "fan-out tail", "", slower_than_p99, too_slow, params="n=100;", quick=False),
    Rule("Q23", "fan-out tail", "", slower_than_p99, too_slow, params="n=10;"),
    Rule("Q23", "fan-out tail", "", two_thousand_leaves, too_slow, params="n=2000;", quick=False, exact_law=False),
    Rule("Q24", "fork-join", "mean", slowest_leaf, mean, quick=False),
    Rule("Q24", "fork-join", "p99", slowest_leaf, quantile(0.99), quick=False, percentile=True),
    Rule("Q27", "hedged request (", "p99 ", hedged, quantile(0.99), percentile=True),
    Rule("Q27", "hedged request (", "p99.9", hedged, quantile(0.999), percentile=True),
    Rule("Q27", "hedged request extra", "", hedged, copies),
    Rule("Q43", "retry amplification across", "", three_tiers, attempts_at_the_bottom, exact_law=False),
    Rule("Q45", "circuit breaker probe", "", outage_behind_a_breaker, calls_to_the_dead, exact_law=False),
    Rule("Q46", "token bucket, Poisson", "", token_bucket, rejected),
    Rule("Q46", "token bucket conformance", "", watched_bucket, above_the_line, at_most=True, exact_law=False),
    Rule("Q46", "leaky bucket", "", watched_leak, too_close, at_most=True, exact_law=False),
    Rule("Q50", "bandwidth-delay", "", pipe, bytes_in_the_pipe, exact_law=False),
    Rule("Q50", "window-limited", "", windows, megabits_per_s, exact_law=False),
    Rule("Q50", "slow start", "", slow_start, round_trips, exact_law=False),
]  # fmt: skip
