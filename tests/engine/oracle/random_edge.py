"""Random small designs of what lies between users and data, valid by construction: clients with classes of traffic, DNS, CDN, gateway
with a limiter, balancer, links with policies, regions.

Addresses are many where a hash of the address decides: the two simulators have different hashes.
"""

from typing import Any

from hypothesis import strategies as st

from tests.engine.oracle.designs import Document, design, kill, link
from tests.engine.oracle.designs import part as bare
from tests.engine.oracle.random_designs import CHECKS, SECONDS
from tests.engine.oracle.random_stores import Ends, Parts, some

CITIES = ["frankfurt", "paris", "virginia"]
BALANCING = ["round_robin", "random", "least_connections", "power_of_two", "weighted", "least_response_time"]
CLASSED = [["page", "static", "read", "expensive", "background"], ["write", "upload", "read"]]


@st.composite
def users(draw: st.DrawFn) -> Document:
    fixed: dict[str, Any] = {"static_response_kb": 12.0, "expensive_response_kb": 25.0, "upload_request_kb": 20.0, "request_kb": 1.0}
    fixed |= {"expensive_cost": 2.0, "client_addresses": 2000, "backoff_ms": 25.0, "static_objects": 40}
    common: dict[str, list[Any]] = {
        "read_ratio": [1.0, 0.6],
        "static_share": [0.0, 0.4],
        "expensive_share": [0.0, 0.2],
        "upload_share": [0.0, 0.2],
        "static_size_cv": [0.0, 1.0],
        "static_zipf": [0.0, 0.8],
        "timeout_ms": [120.0, 2000.0],
        "retries": [0, 1, 2],
        "backoff_jitter": [False, True],
        "retry_budget": [0.0, 0.3],
        "hedge_after_ms": [0.0, 0.0, 60.0],
        "read_deadline_ms": [0.0, 150.0],
        "propagate_deadline": [False, True],
        "access_latency_ms": [0.0, 8.0],
        "access_mbit_s": [0.0, 20.0],
        "resolvers": [5, 200],
    }
    if draw(st.booleans()):
        fixed |= {"behaviour": "page_views", "arrival_rate_per_s": 5.0, "pages_per_visit": 2.0, "reading_time_s": 0.3}
        fixed |= {"calls_per_page": 1.5}
        return draw(some("clients", fixed, assets_per_page=[0.0, 3.5], document=[True, False], connections=[1, 6], **common))
    return draw(some("clients", fixed, arrival_rate_per_s=[30.0, 60.0], **common))


@st.composite
def machine(draw: st.DrawFn) -> Document:
    fixed = {"static_ms": 3.0, "response_kb": 4.0, "health_check_ms": 0.5}
    choices: dict[str, list[Any]] = {
        "service_ms": [4.0, 12.0],
        "service_distribution": ["exponential", "lognormal"],
        "service_cv": [0.7],
        "cores": [1, 3],
        "workers": [4, 100],
        "queue_limit": [0, 100],
        "network_mbit_s": [0.0, 50.0],
        "instances": [1, 1, 3],
    }
    return draw(some("server", fixed, **choices))


@st.composite
def wire(draw: st.DrawFn, source: str, target: str, rules: dict[str, list[Any]]) -> Document:
    """A link with some policies; rules: choices of what the caller makes of it."""
    choices: dict[str, list[Any]] = {
        "latency_ms": [0.5, 6.0],
        "latency_distribution": ["constant", "lognormal"],
        "latency_cv": [0.5],
        "bandwidth_mbit_s": [0.0, 60.0],
        "loss_ratio": [0.0, 0.0, 0.03],
        "retransmit_timeout_ms": [20.0],
        "timeout_ms": [120.0, 1500.0],
        "retries": [0, 0, 1],
        "backoff_ms": [15.0],
        "hedge_after_ms": [0.0, 0.0, 40.0],
        "breaker_failures": [0, 0, 4],
        "breaker_open_s": [0.5],
        "bulkhead": [0, 0, 4],
        "handshake_round_trips": [0.0, 1.0],
        "first_window_kb": [0.0, 10.0],
        "window_kb": [0.0, 20.0],
        **rules,
    }
    return link(source, target, **{name: draw(st.sampled_from(values)) for name, values in choices.items()})


@st.composite
def balancer(draw: st.DrawFn) -> Document:
    fixed: dict[str, Any] = {"processing_ms": 0.5, "healthy_threshold": 2, "ejection_s": 0.5, **CHECKS}
    return draw(some("load_balancer", fixed, policy=BALANCING, slow_start_s=[0.0, 1.0], ejects_after=[0, 3], instances=[1, 2]))


@st.composite
def gateway(draw: st.DrawFn) -> Document:
    limits: dict[str, list[Any]] = {
        "limit": ["none", "token_bucket", "leaky_bucket", "fixed_window", "sliding_window"],
        "limit_burst": [3.0, 10.0],
        "auth_ms": [0.0, 1.0],
        "several": ["one", "parallel", "sequential"],
        "max_connections": [8, 1000],
    }
    return draw(some("api_gateway", {"processing_ms": 1.0, "limit_rate_per_s": 45.0, "limit_window_s": 0.5, **CHECKS}, **limits))


@st.composite
def names(draw: st.DrawFn) -> Document:
    fixed = {"resolution_ms": 10.0, "resolution_distribution": "exponential", "healthy_threshold": 2, **CHECKS}
    policies = ["simple", "weighted_random", "latency", "geographic", "failover"]
    return draw(some("dns", fixed, policy=policies, ttl_s=[0.0, 0.5], servers=[1, 100], health_checks=[False, True]))


@st.composite
def points(draw: st.DrawFn) -> Document:
    choices: dict[str, list[Any]] = {
        "locations": [["paris"], ["paris", "tokyo"]],
        "shield": [False, True],
        "ttl_s": [0.3, 0.0],
        "capacity_gb": [0.0002, 1.0],
        "collapse": [False, True],
        "stale_if_error": [False, True],
        "origin_policy": ["latency", "round_robin"],
        "reroute_s": [0.3],
    }
    return draw(some("cdn", {"processing_ms": 1.0, "servers": 2, "object_kb": 8.0}, **choices))


ENTRIES = {"load_balancer": balancer(), "api_gateway": gateway(), "dns": names()}
RULES: dict[str, dict[str, list[Any]]] = {
    "load_balancer": {"weight": [1.0, 3.0]},
    "api_gateway": {
        "weight": [1.0, 3.0],
        "priority": [1, 2],
        "share": [1.0, 1.0, 0.5],
        "classes": [CLASSED[0] + ["write", "upload"], CLASSED[0], CLASSED[1]],
        "when": ["auto", "auto", "auto", "always", "writes"],
        "asynchronous": [False, False, True],
    },
    "dns": {"weight": [1.0, 3.0], "priority": [1, 2]},
}


@st.composite
def edge_designs(draw: st.DrawFn) -> Document:
    """Clients, whoever spreads their requests, servers, perhaps a CDN beside it all; some of them in regions."""
    parts: Parts = {"clients": draw(users())}
    ends: Ends = []
    servers = {f"server-{number}": draw(machine()) for number in range(draw(st.integers(1, 3)))}
    kind = draw(st.sampled_from([*ENTRIES, "clients"]))
    entry = "clients"
    if kind != "clients":
        parts["entry"], entry = draw(ENTRIES[kind]), "entry"
        ends.append(("clients", "entry"))
    parts |= servers
    links = [draw(wire(entry, name, RULES.get(kind, {}))) for name in servers]
    if draw(st.booleans()):
        parts["cdn"] = draw(points())
        ends += [("clients", "cdn"), ("cdn", next(iter(servers)))]
    links += [draw(wire(source, target, {})) for source, target in ends]
    if draw(st.booleans()):
        for name in [name for name in parts if name != "cdn"]:
            city = draw(st.sampled_from([None, *CITIES]))
            if city is not None:
                parts.setdefault(city, {**bare("region", location=city, between_zones_ms=1.0), "width": 400, "height": 300})
                parts[name]["inside"] = city
    killable = [name for name in parts if name != "clients" and name not in CITIES]
    mode, at_s = draw(st.sampled_from(["process", "machine"])), draw(st.sampled_from([0.9, 2.1]))
    faults = [kill(draw(st.sampled_from(killable)), at_s, mode, draw(st.sampled_from([None, 0.8])))] if draw(st.booleans()) else []
    return design(parts, links, SECONDS, faults)
