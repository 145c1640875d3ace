"""One experiment for each parameter of each kind and of links: a small design, two values, and the figure that must move.

Both values run on the same luck (same seed, keyed random numbers), so that what moves is moved by the parameter.
A parameter without an experiment fails tests/engine/test_knobs.py: whoever adds one adds its row here.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.engine.support import Document, design, kill, link, part, shop

Summary = dict[str, Any]
Metric = Callable[[Summary], float]
UP, DOWN = 1, -1
NEVER_S = 1e9


@dataclass(frozen=True)
class Knob:
    """`target`: id of the component or link that is set to `one`, then to `other`."""

    kind: str
    parameter: str
    one: Any
    other: Any
    metric: Metric
    direction: int
    design: Document
    target: str

    def document(self, value: Any) -> Document:
        document = copy.deepcopy(self.design)
        group = "links" if self.kind == "link" else "components"
        document[group][self.target]["parameters"][self.parameter] = value
        return document


# -- figures
def mean_ms(summary: Summary) -> float:
    return float(summary["latency_ms"]["mean"])


def p99_ms(summary: Summary) -> float:
    return float(summary["latency_ms"]["p99"])


def waited_ms(summary: Summary) -> float:
    """Mean time from issue to end of all requests, the failed ones too."""
    return float(summary["components"]["clients"]["latency_ms"]["mean"])


def arrived(summary: Summary) -> float:
    return float(summary["requests"]["arrived"])


def dropped(summary: Summary) -> float:
    return float(summary["requests"]["dropped"])


def hits(summary: Summary) -> float:
    return float(summary["cache_hit_ratio"])


def retries(summary: Summary) -> float:
    return float(summary["retries"])


def of(component: str, name: str) -> Metric:
    def metric(summary: Summary) -> float:
        report = summary["components"][component]
        return float(report[name] if name in report else report["metrics"][name])

    return metric


def when(kind: str) -> Metric:
    """Time of the first such event; NEVER_S when there is none."""

    def metric(summary: Summary) -> float:
        return next((float(event["t"]) for event in summary["events"] if event["kind"] == kind), NEVER_S)

    return metric


def fewest(*components: str) -> Metric:
    return lambda summary: float(min(summary["components"][c]["done"] for c in components))


# -- designs
def pair(rate: float = 100.0, clients: Document | None = None, **server: Any) -> Document:
    """Clients and one server."""
    calling = part("clients", **({"arrival_rate_per_s": rate, "retries": 0} | (clients or {})))
    return design({"clients": calling, "server": part("server", **server)}, [link("clients", "server")], 5.0)


def crowd(**clients: Any) -> Document:
    return pair(clients={"model": "closed", "users": 50, "think_time_s": 1.0} | clients)


def broken(mode: str = "process", **clients: Any) -> Document:
    """Clients that nobody answers."""
    document = pair(50.0, clients)
    document["scenarios"]["only"]["faults"] = [kill("server", 0.0, mode)]
    return document


def slow_link(document: Document, *ends: str) -> Document:
    for end in ends:
        document["links"][end]["parameters"]["bandwidth_mbit_s"] = 10.0
    return document


def balanced(clients: Document | None = None, faults: list[Document] | None = None, **balancer: Any) -> Document:
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 100.0, "retries": 0} | (clients or {}))),
        "balancer": part("load_balancer", **balancer),
        "one": part("server"),
        "two": part("server"),
    }
    links = [link("clients", "balancer"), link("balancer", "one"), link("balancer", "two")]
    return design(parts, links, 25.0 if faults else 5.0, faults)


def cached(clients: Document | None = None, **cache: Any) -> Document:
    """Reads through a cache that holds a part of the keys."""
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 400.0, "keys": 1000, "read_ratio": 1.0} | (clients or {}))),
        "server": part("server", cores=16, service_ms=0.1),
        "cache": part("cache", **({"capacity_keys": 200} | cache)),
        "database": part("sql_database", cores=64),
    }
    links = [link("clients", "server"), link("server", "cache"), link("server", "database")]
    return design(parts, links, 5.0)


def stored(read_ratio: float, replicas: int = 0, faults: list[Document] | None = None, rate: float = 200.0, **of: Document) -> Document:
    """Clients, two quick servers and a database, without a cache in between."""
    document = shop(30.0 if faults else 5.0, faults, replicas, **of)
    del document["components"]["cache"]
    document["links"] = {i: entry for i, entry in document["links"].items() if entry["to"] != "cache"}
    calling = {"arrival_rate_per_s": rate, "read_ratio": read_ratio, "retries": 0}
    document["components"]["clients"]["parameters"] = calling
    for server in ("server_1", "server_2"):
        document["components"][server]["parameters"] = {"cores": 32, "service_ms": 0.1, "workers": 1000}
    return document


DEAD_MACHINE = [kill("one", 5.0, "machine")]
DEAD_FOR_TEN = [kill("one", 5.0, "process", 10.0)]
PRIMARY_DIES = [kill("database", 5.0)]
PRIMARY_DIES_SILENTLY = [kill("database", 5.0, "machine")]
PRIMARY_RETURNS = [kill("database", 5.0, for_s=15.0)]
REPLICA_RETURNS = [kill("replica_1", 2.0, for_s=10.0)]
LOADED = {"cores": 1, "service_ms": 8.0}


def rows(kind: str, target: str, *given: tuple[str, Any, Any, Metric, int, Document]) -> list[Knob]:
    return [Knob(kind, name, one, other, metric, direction, made, target) for name, one, other, metric, direction, made in given]


CLIENTS = rows(
    "clients", "clients",
    ("model", "open", "closed", arrived, DOWN, pair(200.0)),
    ("arrival_rate_per_s", 50.0, 100.0, arrived, UP, pair()),
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
)  # fmt: skip

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
)  # fmt: skip
SERVER += rows(
    "server", "one",
    ("health_check_ms", 0.0, 200.0, of("one", "cpu"), UP, balanced({"arrival_rate_per_s": 5.0}, health_check_interval_s=0.5)),
)  # fmt: skip

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

ONE_CORE = {"database": {"cores": 1}}
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


def with_link(document: Document, **parameters: Any) -> Document:
    document["links"]["clients-server"]["parameters"] |= parameters
    return document


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

KNOBS: list[Knob] = [*CLIENTS, *LOAD_BALANCER, *SERVER, *CACHE, *DATABASE, *REPLICA, *LINK]
