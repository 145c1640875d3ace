"""Designs for the rules of links: whom a server calls for which request, and what TCP adds to a message."""

from typing import Any

from tests.engine.oracle.cases import clients
from tests.engine.oracle.designs import Document, design, kill, link, part
from tests.engine.oracle.edge_cases import MIXED

Rules = dict[str, dict[str, Any]]
ASKED: dict[str, Any] = {"read_ratio": 0.7, "keys": 60, "zipf_exponent": 0.8, "timeout_ms": 2000.0}


TO_WORKER: Rules = {"queue worker": {}}


def wired(
    rules: Rules, faults: list[Document] | None = None, traffic: dict[str, Any] | None = None, inner: Rules | None = None, **server: Any
) -> Document:
    """A server and what it is linked to by these rules; its kind is the beginning of its id. inner: links between those."""
    kinds = {
        "cache": part("cache", operation_ms=0.5, operation_distribution="exponential", capacity_keys=20, value_kb=3.0),
        "near": part("cache", operation_ms=0.2, operation_distribution="exponential", capacity_keys=8, value_kb=3.0),
        "db": part("sql_database", read_ms=7.0, write_ms=6.0, row_kb=3.0),
        "service": part("server", service_ms=9.0, cores=2, response_kb=2.0),
        "files": part("object_storage", first_byte_ms=12.0, object_kb=20.0),
        "queue": part("message_queue", operation_ms=1.0),
        "worker": part("worker", service_ms=3.0),
    }
    parts = {
        "clients": clients(60.0, **(ASKED | (traffic or {}))),
        "server": part("server", **({"service_ms": 2.0, "cores": 2, "network_mbit_s": 100.0, "response_kb": 4.0} | server)),
        **{name: kinds[name.split("_")[0]] for name in sorted({*rules, *(end for ends in inner or {} for end in ends.split(" "))})},
    }
    links = [link("clients", "server", latency_ms=1.0)]
    links += [link("server", name, **({"latency_ms": 1.0, "timeout_ms": 300.0} | rule)) for name, rule in rules.items()]
    links += [link(*name.split(" "), **({"latency_ms": 1.0, "timeout_ms": 300.0} | rule)) for name, rule in (inner or {}).items()]
    return design(parts, links, 6.0, faults)


def database_on(when: str) -> Document:
    """A database that keeps everything, and one that is called by a rule."""
    return wired({"cache": {}, "db": {}, "db_two": {"when": when}})


SERVICES: Rules = {
    "service_reads": {"when": "reads"},
    "service_writes": {"when": "writes"},
    "service_half": {"share": 0.5},
    "service_class": {"classes": ["expensive", "upload"]},
}
BESIDE: Rules = {"service": {"asynchronous": True}, "service_half": {"share": 0.3, "asynchronous": True}, "service_two": {}}
WIRINGS: dict[str, Document] = {
    **{f"a cache for {when}": wired({"cache": {"when": when}, "db": {}}) for when in ("always", "reads", "writes", "on_miss")},
    **{f"a database for {when}": database_on(when) for when in ("always", "reads", "writes", "on_miss")},
    "a value is put by writes": wired({"cache": {"on_write": "put"}, "db": {}}),
    "a value is left by writes": wired({"cache": {"on_write": "leave"}, "db": {}}),
    "a cache for some": wired({"cache": {"share": 0.6}, "db": {}}),
    "a cache for a class": wired({"cache": {"classes": ["read", "write"]}, "db": {}}, traffic=MIXED),
    "a cache that nobody waits for": wired({"cache": {"asynchronous": True}, "db": {}}),
    "a second cache": wired({"near": {}, "cache": {"when": "on_miss"}, "db": {}}),
    "a second cache that dies": wired({"near": {}, "cache": {"when": "on_miss"}, "db": {}}, [kill("cache", 2.0, for_s=2.0)]),
    "a second cache over a narrow link": wired({"near": {"bandwidth_mbit_s": 5.0}, "cache": {"when": "on_miss"}, "db": {}}),
    "two caches are one": wired({"cache_one": {}, "cache_two": {}, "db": {}}, traffic={"keys": 3000, "zipf_exponent": 0.0}),
    "two databases in turn": wired({"db_one": {}, "db_two": {}}),
    "a cache in front, and a database besides": wired({"cache": {}, "db": {}}, [kill("cache", 2.0, for_s=1.5)], inner={"cache db": {}}),
    "a service when the cache has nothing": wired({"cache": {}, "service": {"when": "on_miss"}}, traffic={"read_ratio": 0.9}),
    "a service after the database": wired({"cache": {}, "db": {}, "service": {"when": "on_miss"}}),
    "single flight with two caches": wired(
        {"near": {}, "cache": {"when": "on_miss"}, "db": {}}, traffic={"keys": 12, "read_ratio": 0.8}, single_flight=True
    ),
    "services by rule in turn": wired(SERVICES, traffic=MIXED),
    "services by rule at once": wired(SERVICES, traffic=MIXED, calls="parallel"),
    "services that nobody waits for": wired(BESIDE),
    "services that nobody waits for, at once": wired(BESIDE | {"service_three": {}}, calls="parallel"),
    "a service that nobody waits for dies": wired(BESIDE, [kill("service", 2.0, for_s=2.0)]),
    "a service of several instances": design(
        {"clients": clients(), "front": part("server", service_ms=1.0), "back": part("server", service_ms=25.0, instances=3)},
        [link("clients", "front"), link("front", "back", latency_ms=1.0)],
        6.0,
    ),
    "files and uploads elsewhere": wired({"files": {}, "db": {}}, traffic=MIXED, serves_static=False),
    "files elsewhere by rule": wired({"files": {"when": "reads"}, "db": {}}, traffic=MIXED, serves_static=False),
    "messages for reads": wired({"queue": {"when": "reads"}, "db": {}}, inner=TO_WORKER),
    "messages for all that is written by a class": wired({"queue": {"classes": ["upload"]}, "db": {}}, traffic=MIXED, inner=TO_WORKER),
    "its own data and a database": wired({"cache": {}, "db": {"when": "writes"}}, own_database=True),
    "over narrow links": wired({"cache": {"bandwidth_mbit_s": 6.0}, "db": {"bandwidth_mbit_s": 10.0}}, traffic=MIXED),
}


def connected(over: dict[str, Any], beyond: dict[str, Any] | None = None, places: bool = False, **traffic: Any) -> Document:
    """Two links, of which the first sets up a connection for every request."""
    parts = {
        "clients": clients(30.0, request_kb=20.0, read_response_kb=90.0, read_size_cv=1.0, **traffic),
        "front": part("server", service_ms=2.0, cores=4),
        "back": part("server", service_ms=4.0, cores=2),
    }
    if places:
        for name, city in (("clients", "paris"), ("front", "frankfurt")):
            parts[city] = {**part("region", location=city), "width": 400, "height": 300}
            parts[name]["inside"] = city
    return design(parts, [link("clients", "front", **({"latency_ms": 4.0} | over)), link("front", "back", **(beyond or {}))], 6.0)


SLOW_START: dict[str, Any] = {"handshake_round_trips": 2.0, "first_window_kb": 14.6}
VARYING: dict[str, Any] = {"latency_distribution": "lognormal", "latency_cv": 0.8}
CONNECTIONS: dict[str, Document] = {
    "a handshake": connected({"handshake_round_trips": 1.5, **VARYING}),
    "TCP slow start": connected({**SLOW_START, **VARYING}),
    "a window": connected({"window_kb": 16.0}),
    "slow start up to a window": connected({**SLOW_START, "window_kb": 40.0, **VARYING}),
    "a first window larger than the largest": connected({"first_window_kb": 30.0, "window_kb": 12.0}),
    "connections over narrow links that lose": connected(
        {**SLOW_START, "bandwidth_mbit_s": 80.0, "loss_ratio": 0.1, "retransmit_timeout_ms": 40.0}, timeout_ms=3000.0
    ),
    "connections over land": connected(SLOW_START, places=True, access_latency_ms=6.0, access_mbit_s=60.0),
    "connections on the way further": connected({}, {"latency_ms": 2.0, **SLOW_START, "window_kb": 20.0}),
    "connections that time out": connected(SLOW_START, {"latency_ms": 3.0, **SLOW_START, **VARYING, "timeout_ms": 40.0, "retries": 1}),
}
WIRING_CASES: dict[str, Document] = {**WIRINGS, **CONNECTIONS}
QUICK_WIRING = [
    "a cache for reads",
    "a database for always",
    "a value is put by writes",
    "a second cache",
    "services by rule in turn",
    "services that nobody waits for",
    "slow start up to a window",
    "connections over land",
]
"""One or two of each kind, for the tests that are run often; the long ones compare all of them closely."""
