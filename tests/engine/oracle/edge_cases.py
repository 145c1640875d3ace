"""Designs for what lies between users and data: gateways, classes of traffic, call policies, names, points of presence, deployments."""

from typing import Any

from tests.engine.oracle.cases import SHORT_CHECKS, clients
from tests.engine.oracle.designs import Document, design, kill, link, part

MIXED: dict[str, Any] = {
    "read_ratio": 0.6,
    "static_share": 0.3,
    "expensive_share": 0.1,
    "upload_share": 0.1,
    "expensive_cost": 3.0,
    "upload_cost": 2.0,
    "static_response_kb": 15.0,
    "static_size_cv": 0.5,
    "expensive_response_kb": 30.0,
    "upload_request_kb": 40.0,
    "upload_size_cv": 1.0,
    "request_kb": 2.0,
}
NARROW: dict[str, Any] = {"latency_ms": 1.0, "bandwidth_mbit_s": 20.0}


def limited(limit: str, faults: list[Document] | None = None, **gateway: Any) -> Document:
    parts = {
        "clients": clients(80.0, client_addresses=4),
        "gateway": part(
            "api_gateway", limit=limit, limit_rate_per_s=50.0, limit_burst=8.0, limit_window_s=0.4, processing_ms=2.0, **gateway
        ),
        "server": part("server", service_ms=8.0),
    }
    return design(parts, [link("clients", "gateway", latency_ms=2.0), link("gateway", "server", latency_ms=1.0)], 6.0, faults)


def routed(links: dict[str, dict[str, Any]], faults: list[Document] | None = None, rate: float = 60.0, **gateway: Any) -> Document:
    """A gateway in front of services of different speed; clients with classes of traffic."""
    speeds = {"one": 6.0, "two": 9.0, "three": 12.0}
    parts = {
        "clients": clients(rate, timeout_ms=1500.0, **MIXED),
        "gateway": part("api_gateway", processing_ms=1.0, auth_ms=0.5, **gateway),
    }
    parts |= {name: part("server", service_ms=speeds[name], cores=2, response_kb=3.0) for name in links}
    wires = [link("gateway", name, **({"latency_ms": 1.0, "timeout_ms": 400.0} | rule)) for name, rule in links.items()]
    return design(parts, [link("clients", "gateway", **NARROW), *wires], 6.0, faults)


BY_CLASS: dict[str, dict[str, Any]] = {
    "one": {"classes": ["read", "static"]},
    "two": {"classes": ["write", "upload"]},
    "three": {"classes": ["expensive"]},
}
GATEWAYS: dict[str, Document] = {
    "token bucket": limited("token_bucket"),
    "token bucket by address": limited("token_bucket", limit_by_address=True),
    "leaky bucket": limited("leaky_bucket"),
    "fixed window": limited("fixed_window"),
    "sliding window": limited("sliding_window"),
    "gateway by class": routed(BY_CLASS),
    "gateway without a way for a class": routed({name: BY_CLASS[name] for name in ("one", "two")}),
    "gateway by priority and share": routed({"one": {"share": 0.4}, "two": {"priority": 2, "share": 0.5}, "three": {"priority": 3}}),
    "gateway with equal ways by weight": routed({"one": {"weight": 3.0}, "two": {}}, [kill("two", 2.0, for_s=2.0)], **SHORT_CHECKS),
    "gateway asks all at once": routed({"one": {}, "two": {"share": 0.5}, "three": {}}, several="parallel", response_kb=9.0),
    "gateway asks one after the other": routed(
        {"one": {"priority": 2}, "two": {"share": 0.5}, "three": {"classes": ["read"]}}, several="sequential", response_kb=9.0
    ),
    "gateway asks for leave": routed({"one": {"when": "always"}, "two": {"when": "writes"}, "three": {}}, [kill("two", 2.0, for_s=1.5)]),
    "gateway tells without waiting": routed({"one": {"asynchronous": True}, "two": {"share": 0.5, "asynchronous": True}, "three": {}}),
    "gateway has no connections left": routed({"three": {}}, max_connections=4),
    "gateway loses one of all": routed({"one": {}, "two": {}}, [kill("two", 2.0, for_s=2.0)], several="parallel", **SHORT_CHECKS),
}


def visited(seconds: float = 6.0, server: dict[str, Any] | None = None, **visits: Any) -> Document:
    settings = {"pages_per_visit": 2.5, "reading_time_s": 0.3, "assets_per_page": 4.5, "calls_per_page": 1.5, "connections": 2} | visits
    source = clients(6.0, behaviour="page_views", **{**MIXED, "page_response_kb": 12.0, "page_cost": 1.5, **settings})
    parts = {"clients": source, "server": part("server", **{"service_ms": 6.0, "cores": 2, "static_ms": 2.0} | (server or {}))}
    return design(parts, [link("clients", "server", latency_ms=5.0, bandwidth_mbit_s=100.0)], seconds)


def behind(source: Document, over: dict[str, Any], beyond: dict[str, Any], faults: list[Document] | None = None) -> Document:
    """Clients, a server, and one more behind it, where queues build up."""
    parts = {"clients": source, "front": part("server", service_ms=2.0, cores=4), "back": part("server", service_ms=15.0, response_kb=2.0)}
    return design(parts, [link("clients", "front", **over), link("front", "back", latency_ms=1.0, **beyond)], 6.0, faults)


TRAFFIC: dict[str, Document] = {
    "all classes at one server": design(
        {
            "clients": clients(
                60.0, **MIXED, page_share=0.1, background_share=0.1, background_request_kb=5.0, static_cost=5.0, static_zipf=0.9
            ),
            "server": part("server", service_ms=8.0, cores=2, network_mbit_s=40.0, response_kb=4.0, static_ms=2.0),
        },
        [link("clients", "server", **NARROW)],
        6.0,
    ),
    "classes at a server that keeps its data": design(
        {
            "clients": clients(40.0, **MIXED, keys=10),
            "server": part("server", service_ms=3.0, cores=2, own_database=True, database_read_ms=6.0, database_write_ms=9.0),
        },
        [link("clients", "server")],
        6.0,
    ),
    "classes at a database": design(
        {
            "clients": clients(40.0, **MIXED, keys=10),
            "server": part("server", service_ms=1.0),
            "db": part("sql_database", cores=2, row_kb=3.0),
        },
        [link("clients", "server", **NARROW), link("server", "db", latency_ms=1.0, bandwidth_mbit_s=5.0)],
        6.0,
    ),
    "visits": visited(),
    "visits of an app": visited(document=False),
    "visits that break": visited(server={"workers": 2, "queue_limit": 1}),
    "closed visits": visited(model="closed", users=5, think_time_s=0.5),
    "slow lines": visited(access_latency_ms=20.0, access_mbit_s=8.0),
    "files that change": visited(static_change_s=1.0, static_objects=10),
    "deadlines": behind(clients(60.0, read_deadline_ms=120.0, retries=3, backoff_ms=20.0), {"timeout_ms": 45.0}, {}),
    "deadlines that are told": behind(clients(75.0, read_deadline_ms=120.0, propagate_deadline=True), {"latency_ms": 3.0}, {}),
    "deadlines that are told at a full pool": design(
        {
            "clients": clients(70.0, read_deadline_ms=80.0, propagate_deadline=True, retries=1),
            "server": part("server", workers=3, service_ms=4.0, disk_reads=4, disk_ms=8.0, response_kb=10.0, network_mbit_s=20.0),
        },
        [link("clients", "server", latency_ms=1.0)],
        6.0,
    ),
    "clients' retry budget": behind(clients(55.0, retries=3, backoff_ms=10.0, retry_budget=0.2, timeout_ms=60.0), {}, {}),
    "clients' hedges": behind(clients(40.0, hedge_after_ms=30.0), {"latency_ms": 2.0}, {}),
    "clients by priority and share": design(
        {
            "clients": clients(60.0, **MIXED),
            **{name: part("server", service_ms=8.0, cores=2) for name in ("first", "second", "third", "writes")},
        },
        [
            link("clients", "first", share=0.3, classes=["read", "static", "expensive"]),
            link("clients", "second", priority=2, share=0.5, classes=["read", "static", "expensive"]),
            link("clients", "third", priority=2, share=0.5, classes=["read", "static", "expensive"]),
            link("clients", "writes", classes=["write"]),
        ],
        6.0,
    ),
}
EDGE_CASES: dict[str, Document] = {**GATEWAYS, **TRAFFIC}
QUICK = [
    "leaky bucket",
    "sliding window",
    "gateway by priority and share",
    "gateway asks all at once",
    "visits",
    "deadlines that are told",
    "clients by priority and share",
]
"""One or two of each kind, for the tests that are run often; the long ones compare all of them closely."""
