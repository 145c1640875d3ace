"""The oracle itself against textbook results, before it is believed about the engine."""

import math
from typing import Any

import pytest

from tests.engine.oracle import simulate
from tests.engine.oracle.agreement import holds
from tests.engine.oracle.designs import Document, design, kill, link, part, station

SEEDS = range(6)


def runs(document: Document, until_s: float | None = None) -> list[dict[str, Any]]:
    until = until_s or document["scenarios"]["steady"]["duration_s"]
    return [simulate(document, seed, until) for seed in SEEDS]


def mean_wait_ms(result: dict[str, Any], name: str = "server") -> float:
    """Little's law: waiting requests over requests per second."""
    report = result["components"][name]
    return float(1000 * report["queue_mean"] * result["simulated_s"] / report["done"])


@pytest.mark.parametrize(
    ("server", "expected_ms"),
    [
        ({"cores": 1, "service_ms": 5.0}, 5.0),
        ({"cores": 4, "service_ms": 20.0}, 4 / 23 * 10),
        ({"cores": 1, "service_ms": 5.0, "service_distribution": "constant"}, 2.5),
        ({"cores": 1, "service_ms": 5.0, "service_distribution": "erlang", "service_cv": 0.5}, 3.125),
        ({"cores": 1, "service_ms": 5.0, "service_distribution": "hyperexponential", "service_cv": 2.0}, 12.5),
        ({"cores": 1, "service_ms": 5.0, "service_distribution": "lognormal", "service_cv": 1.5}, 8.125),
    ],
    ids=["M/M/1", "M/M/4", "M/D/1", "M/E4/1", "M/H2/1", "M/LN/1"],
)
def test_waits_of_a_station(server: dict[str, Any], expected_ms: float) -> None:
    results = runs(station(100.0, 1500, **server))
    assert holds([mean_wait_ms(result) for result in results], expected_ms)


def test_erlang_b() -> None:
    document = station(200.0, 1500, cores=4, workers=4, queue_limit=0, service_ms=10.0)
    shares = [r["errors"].get("queue_full", 0) / r["requests"]["arrived"] for r in runs(document)]
    assert holds(shares, 2 / 21)


def test_machine_repairman() -> None:
    users, think, service = 10, 1.0, 0.2
    weights = [math.perm(users, n) * (service / think) ** n for n in range(users + 1)]
    throughput = (1 - weights[0] / sum(weights)) / service
    document = station(1.0, 300, service_ms=200.0)
    document["components"]["clients"] = part("clients", model="closed", users=users, think_time_s=think)
    results = runs(document, 310.0)
    early = runs(document, 10.0)
    rates = [(a["requests"]["done"] - b["requests"]["done"]) / 300 for a, b in zip(results, early, strict=True)]
    assert holds(rates, throughput)


def cached(keys: int, exponent: float, duration_s: float, **cache: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, keys=keys, zipf_exponent=exponent),
        "server": part("server", service_ms=0.0),
        "cache": part("cache", **cache),
        "db": part("sql_database", read_ms=0.0),
    }
    return design(parts, [link("clients", "server"), link("server", "cache"), link("server", "db")], duration_s)


def later_hit_ratio(document: Document, warm_s: float) -> list[float]:
    """Hit ratio after the cache has filled."""
    until = document["scenarios"]["steady"]["duration_s"]
    pairs = zip(runs(document, until), runs(document, warm_s), strict=True)
    counts = [[run["components"]["cache"] for run in pair] for pair in pairs]
    return [(a["hits"] - b["hits"]) / (a["hits"] + a["misses"] - b["hits"] - b["misses"]) for a, b in counts]


def che(keys: int, exponent: float, capacity: int) -> float:
    """Che's approximation: the characteristic time at which the expected number of keys seen fills the cache."""
    weights = [k**-exponent for k in range(1, keys + 1)]
    shares = [weight / sum(weights) for weight in weights]
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2
        if sum(1 - math.exp(-p * middle) for p in shares) < capacity:
            low = middle
        else:
            high = middle
    return float(sum(p * (1 - math.exp(-p * low)) for p in shares))


def test_least_recently_used() -> None:
    assert holds(later_hit_ratio(cached(300, 0.8, 10.0, capacity_keys=40), 3.0), che(300, 0.8, 40))


def test_time_to_live() -> None:
    ratios = later_hit_ratio(cached(50, 0.0, 10.0, capacity_keys=50, ttl_s=0.5), 2.0)
    assert holds(ratios, 0.5)


def test_time_to_find_out_and_dead_until_then() -> None:
    """Of two servers one dies: half of the requests are refused until interval × (threshold − 1/2) on average."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0),
        "lb": part("load_balancer", health_check_interval_s=2.0, unhealthy_threshold=3),
        "one": part("server", service_ms=0.0),
        "two": part("server", service_ms=0.0),
    }
    links = [link("clients", "lb"), link("lb", "one"), link("lb", "two")]
    refused = [r["errors"]["refused"] for r in runs(design(parts, links, 20.0, [kill("one", 5.0)]))]
    assert holds(refused, 50 * 2.0 * 2.5)


def replicated(faults: list[Document], duration_s: float, link_ms: float = 0.0, **database: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, read_ratio=0.0),
        "server": part("server", service_ms=0.0),
        "db": part("sql_database", write_ms=0.0, **database),
        "replica": part("read_replica"),
    }
    links = [link("clients", "server"), link("server", "db"), link("db", "replica", latency_ms=link_ms)]
    return design(parts, links, duration_s, faults)


def test_unshipped_writes_are_lost_when_the_primary_dies() -> None:
    """Shipped every 400 ms and dead at 4.999 s: 399 ms of acknowledged writes are gone."""
    document = replicated([kill("db", 4.999)], 12.0, replication_batch_ms=400.0, health_check_interval_s=1.0, promotion_s=1.0)
    results = runs(document)
    assert holds([r["writes_lost"] for r in results], 100 * (4.999 - 4.8))
    assert holds([r["errors"]["refused"] for r in results], 100 * (2.5 + 1.0))


def test_lag_is_shipping_and_applying() -> None:
    results = runs(replicated([], 8.0, link_ms=5.0, replication_batch_ms=100.0, apply_ms=0.0))
    assert holds([r["components"]["replica"]["lag_ms"] for r in results], 50.0 + 5.0 + mean_apply_ms(results))


def mean_apply_ms(results: list[dict[str, Any]]) -> float:
    """A batch of Poisson(10) writes is applied one by one, 1 ms each: the mean place in the batch of a write."""
    return 1 + 10 / 2


def test_synchronous_replication_waits_for_the_replica() -> None:
    result = simulate(replicated([], 8.0, link_ms=5.0, replication="synchronous"), 1, 8.0)
    assert result["latency_ms"]["p50"] == pytest.approx(11.0, abs=0.01)
    assert result["writes_lost"] == 0


def test_retries_wait_longer_each_time() -> None:
    """One request of a user that thinks 1 s: refused at 1, 1.1, 1.3, 1.7, 2.5 s, answered at 4.1 s."""
    parts = {
        "clients": part("clients", model="closed", users=1, think_distribution="constant", retries=5),
        "server": part("server", service_ms=0.0),
    }
    document = design(parts, [link("clients", "server")], 4.2, [kill("server", 0.0, for_s=4.05)])
    result = simulate(document, 1, 4.2)
    assert result["latency_ms"]["max"] == pytest.approx(3100.0)
    assert result["attempts"] == 6
