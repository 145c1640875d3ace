"""Designs for what lies between users and data: gateways, classes of traffic, call policies, names, points of presence, deployments."""

from typing import Any

from tests.engine.oracle.cases import SHORT_CHECKS, clients, one_server
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


def guarded(faults: list[Document] | None = None, rate: float = 50.0, **policies: Any) -> Document:
    """A server whose calls to another one have policies."""
    return behind(clients(rate, timeout_ms=2000.0), {"latency_ms": 1.0}, {"timeout_ms": 60.0, **policies}, faults)


def spread(policy: str, faults: list[Document] | None = None, balancer: dict[str, Any] | None = None, **policies: Any) -> Document:
    """A balancer whose calls to three instances have policies."""
    parts = {
        "clients": clients(70.0, timeout_ms=1500.0),
        "lb": part("load_balancer", policy=policy, **(balancer or {})),
        "server": part("server", service_ms=25.0, instances=3),
    }
    over = {"latency_ms": 1.0, "timeout_ms": 200.0} | policies
    return design(parts, [link("clients", "lb", latency_ms=2.0), link("lb", "server", **over)], 6.0, faults)


RETRYING: dict[str, Any] = {"retries": 2, "backoff_ms": 15.0}
BREAKING: dict[str, Any] = {"breaker_failures": 4, "breaker_open_s": 0.5}
POLICIES: dict[str, Document] = {
    "retries on a link": guarded(**RETRYING),
    "retries on a link with jitter": guarded([kill("back", 2.0, for_s=1.0)], **RETRYING, backoff_jitter=True),
    "retries within a budget": guarded(rate=60.0, **RETRYING, retry_budget=0.3),
    "retries before a deadline": behind(
        clients(50.0, read_deadline_ms=100.0, propagate_deadline=True), {}, {"timeout_ms": 40.0, "retries": 3, "backoff_ms": 20.0}
    ),
    "retries by clients and links": behind(
        clients(45.0, timeout_ms=150.0, retries=1, backoff_ms=25.0), {"timeout_ms": 50.0, "retries": 1, "backoff_ms": 10.0}, {}
    ),
    "retries go elsewhere": spread("round_robin", [kill("server", 2.0, for_s=1.5)], **RETRYING),
    "a breaker": guarded([kill("back", 1.5, for_s=1.5)], **BREAKING),
    "a breaker with probes": guarded([kill("back", 1.5, "machine", 1.5)], **(BREAKING | {"breaker_probes": 3})),
    "a breaker under overload": guarded(rate=75.0, **BREAKING),
    "a breaker and retries": guarded([kill("back", 1.5, for_s=1.5)], **BREAKING, **RETRYING),
    "a bulkhead": guarded(bulkhead=2),
    "a bulkhead and retries": guarded(bulkhead=3, **RETRYING),
    "a bulkhead at clients": behind(clients(60.0, retries=1, backoff_ms=5.0), {"bulkhead": 3}, {}),
    "bulkheads behind a balancer": spread("random", bulkhead=1),
    "hedges to the same": guarded(hedge_after_ms=20.0),
    "hedges to another": spread("round_robin", hedge_after_ms=30.0),
    "hedges by least connections": spread("least_connections", hedge_after_ms=30.0),
    "hedges with a machine that is lost": spread("random", [kill("server", 2.0, "machine", 1.0)], hedge_after_ms=20.0, **RETRYING),
    "hedges, a bulkhead and a breaker": spread("random", [kill("server", 2.0, for_s=1.0)], hedge_after_ms=25.0, bulkhead=2, **BREAKING),
    "the sooner hedge": behind(clients(40.0, hedge_after_ms=40.0), {"hedge_after_ms": 25.0}, {"hedge_after_ms": 50.0}),
}


def named(
    policy: str,
    faults: list[Document] | None = None,
    rules: dict[str, dict[str, Any]] | None = None,
    resolvers: int = 8,
    places: dict[str, str] | None = None,
    **dns: Any,
) -> Document:
    """Three unequal servers that clients find by name; `places`: in which city which part is."""
    parts = {
        "clients": clients(60.0, resolvers=resolvers, timeout_ms=400.0, retries=1, backoff_ms=30.0),
        "dns": part("dns", policy=policy, resolution_ms=15.0, resolution_distribution="exponential", **{"ttl_s": 0.7} | dns),
        "one": part("server", service_ms=10.0),
        "two": part("server", service_ms=16.0, cores=2),
        "three": part("server", service_ms=20.0, cores=2),
    }
    for name, city in (places or {}).items():
        parts[city] = {**part("region", location=city, between_zones_ms=2.0), "width": 400, "height": 300}
        parts[name]["inside"] = city
    links = [link("clients", "dns", latency_ms=3.0, timeout_ms=300.0)]
    links += [link("dns", name, **{"latency_ms": 2.0, **(rules or {}).get(name, {})}) for name in ("one", "two", "three")]
    return design(parts, links, 6.0, faults)


CITIES = {"clients": "frankfurt", "dns": "london", "one": "virginia", "two": "frankfurt", "three": "paris"}
CHECKED: dict[str, Any] = {"health_checks": True, **SHORT_CHECKS}
NAMES: dict[str, Document] = {
    "names of all": named("simple"),
    "names without memory": named("simple", ttl_s=0.0, servers=1),
    "names for one resolver": named("simple", resolvers=1, ttl_s=0.2),
    "names by weight": named("weighted_random", rules={"one": {"weight": 3.0}, "two": {"weight": 0.0}}),
    "names by latency": named("latency", places=CITIES, rules={"two": {"latency_ms": 9.0}}),
    "names by place": named("geographic", [kill("two", 2.0, for_s=2.0)], places=CITIES, **CHECKED),
    "names by priority": named(
        "failover", [kill("one", 1.5, for_s=2.0)], rules={"two": {"priority": 2}, "three": {"priority": 2}}, **CHECKED
    ),
    "names that are remembered too long": named("simple", [kill("two", 1.5)], ttl_s=1.5, **CHECKED),
    "all names have failed": named("simple", [kill(name, 1.5, for_s=2.0) for name in ("one", "two", "three")], **CHECKED),
    "the names are gone": named("simple", [kill("dns", 1.5, for_s=2.0)]),
    "the names' machine is lost": named("simple", [kill("dns", 1.5, "machine", for_s=2.0)]),
    "links with policies behind names": named("simple", rules={"one": {"retries": 1, "timeout_ms": 50.0}, "two": {"bulkhead": 1}}),
}


def kept_together(faults: list[Document] | None = None, **balancer: Any) -> Document:
    """Servers with data of their own: a key that moves from one to the other is read too old there."""
    keeping = part("server", service_ms=4.0, own_database=True, database_read_ms=3.0, database_write_ms=5.0, instances=3)
    parts = {
        "clients": clients(80.0, read_ratio=0.5, keys=60, client_addresses=50),
        "lb": part("load_balancer", policy="consistent_hash", **balancer),
        "server": keeping,
    }
    return design(parts, [link("clients", "lb"), link("lb", "server", latency_ms=1.0)], 6.0, faults)


BALANCERS: dict[str, Document] = {
    "a ring of addresses": kept_together(),
    "a ring of keys": kept_together(hash_key=True),
    "a ring and two balancers": kept_together(hash_key=True, instances=2),
    "slow start": spread("round_robin", [kill("server", 1.0, for_s=1.0)], {**SHORT_CHECKS, "slow_start_s": 2.0}),
    "slow start after ejections": spread("random", balancer={"ejects_after": 2, "ejection_s": 0.6, "slow_start_s": 1.0}, timeout_ms=50.0),
    "slow start of one": design(
        {
            "clients": clients(60.0),
            "lb": part("load_balancer", policy="round_robin", slow_start_s=3.0, **SHORT_CHECKS),
            "one": part("server", service_ms=10.0),
            "two": part("server", service_ms=10.0),
        },
        [link("clients", "lb"), link("lb", "one", latency_ms=1.0), link("lb", "two", latency_ms=1.0)],
        6.0,
        [kill("two", 0.5, for_s=1.0)],
    ),
    "warming up": one_server(
        clients(40.0),
        part("server", service_ms=10.0, warm_up_s=2.0, cold_factor=2.5, health_check_ms=5.0),
        faults=[kill("server", 1.0, for_s=0.5)],
    ),
}


def delivered(faults: list[Document] | None = None, clients_more: dict[str, Any] | None = None, **cdn: Any) -> Document:
    """Users in two cities, points near them, two origins that are far from each other."""
    asking = {**MIXED, "static_share": 0.6, "static_objects": 40, "static_zipf": 0.8, "timeout_ms": 800.0, **(clients_more or {})}
    parts = {
        "near": clients(30.0, **asking),
        "far": clients(30.0, **asking),
        "cdn": part("cdn", **{"locations": ["paris", "tokyo"], "processing_ms": 1.0, "servers": 2, "ttl_s": 1.0, "object_kb": 10.0} | cdn),
        "one": part("server", service_ms=5.0, cores=2, static_ms=4.0),
        "two": part("server", service_ms=8.0, cores=2, static_ms=6.0),
    }
    for city in ("frankfurt", "tokyo", "virginia"):
        parts[city] = {**part("region", location=city), "width": 400, "height": 300}
    for name, city in {"near": "frankfurt", "one": "frankfurt", "far": "tokyo", "two": "virginia"}.items():
        parts[name]["inside"] = city
    links = [link(source, "cdn", latency_ms=4.0, bandwidth_mbit_s=50.0) for source in ("near", "far")]
    links += [link("cdn", name, latency_ms=1.0, timeout_ms=500.0, retries=1) for name in ("one", "two")]
    return design(parts, links, 6.0, faults)


def purge(component: str, at_s: float) -> Document:
    return {"at_s": at_s, "component": component, "action": "purge"}


POINTS: dict[str, Document] = {
    "points of presence": delivered(),
    "points without collapsing": delivered(collapse=False, ttl_s=0.2),
    "small points": delivered(capacity_gb=0.0002, ttl_s=0.0),
    "origins in turn": delivered(origin_policy="round_robin"),
    "a shield": delivered(shield=True, shield_location="frankfurt", ttl_s=0.5),
    "files are purged": delivered([purge("cdn", 2.0), purge("cdn", 4.0)], ttl_s=0.0, shield=True),
    "stale files": delivered([kill("one", 1.0, for_s=3.0)], {"static_change_s": 1.0}, ttl_s=0.5, stale_if_error=True),
    "stale files from the origin": delivered(None, {"static_change_s": 0.7}, ttl_s=1.0, shield=True),
    "points are gone": delivered([kill("cdn", 2.0, for_s=1.0)], shield=True, reroute_s=0.5),
    "files here and data there": design(
        {
            "clients": clients(60.0, **MIXED),
            "cdn": part("cdn", locations=["paris"], ttl_s=1.0),
            "server": part("server", service_ms=8.0, cores=2, static_ms=2.0),
        },
        [link("clients", "cdn", latency_ms=2.0), link("clients", "server", latency_ms=5.0), link("cdn", "server", latency_ms=3.0)],
        6.0,
    ),
}
EDGE_CASES: dict[str, Document] = {**GATEWAYS, **TRAFFIC, **POLICIES, **NAMES, **BALANCERS, **POINTS}
QUICK = [
    "leaky bucket",
    "sliding window",
    "gateway by priority and share",
    "gateway asks all at once",
    "visits",
    "deadlines that are told",
    "clients by priority and share",
    "retries within a budget",
    "a breaker with probes",
    "a bulkhead and retries",
    "hedges to another",
    "names by place",
    "names by priority",
    "a ring of keys",
    "slow start of one",
    "a shield",
    "files here and data there",
]
"""One or two of each kind, for the tests that are run often; the long ones compare all of them closely."""
