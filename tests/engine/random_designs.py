"""Random designs and random things done to them, for tests of laws that hold whatever happens.

Hypothesis draws topologies of all kinds that the catalogue knows how to wire, with values near the edges where things break:
small queues, short timeouts, slow parts, lost messages, zero latency.
"""

import copy
from typing import Any

from hypothesis import strategies as st

from tests.engine.support import Document, design

MOST_OF_A_KIND = 3
DURATION_S = 3.0

CLIENTS: dict[str, list[Any]] = {
    "model": ["open", "open", "closed"], "arrival_rate_per_s": [0.0, 20.0, 150.0, 400.0],
        "arrival_distribution": ["exponential", "constant", "hyperexponential"], "arrival_cv": [0.5, 3.0],
        "users": [0, 5, 80], "think_time_s": [0.01, 0.3],
    "think_distribution": ["constant", "exponential"], "read_ratio": [0.0, 0.5, 0.9, 1.0], "keys": [1, 30, 3000],
    "zipf_exponent": [0.0, 1.0], "timeout_ms": [5.0, 80.0, 3000.0], "retries": [0, 1, 3], "backoff_ms": [0.0, 20.0],
    "backoff_jitter": [True, False], "client_addresses": [1, 100], "request_kb": [0.0, 20.0],
}  # fmt: skip
VALUES: dict[str, dict[str, list[Any]]] = {
    "clients": CLIENTS,
    "load_balancer": {
        "policy": ["round_robin", "random", "weighted", "least_connections", "least_response_time", "power_of_two", "ip_hash",
                   "consistent_hash"],
        "choices": [2, 5], "hash_key": [True, False], "sticky": [True, False], "slow_start_s": [0.0, 0.5], "ejects_after": [0, 1, 3],
        "ejection_s": [0.1, 1.0], "takeover_s": [0.0, 0.3], "cores": [1, 4],
        "processing_ms": [0.0, 0.05, 4.0], "max_connections": [2, 20_000], "health_check_interval_s": [0.1, 0.5],
        "health_check_timeout_ms": [5.0, 300.0], "unhealthy_threshold": [1, 3], "healthy_threshold": [1, 2],
        "instances": [1, 1, 2], "boot_s": [0.0, 0.3], "drain_s": [0.0, 0.2, 30.0],
    },
    "server": {
        "cores": [1, 4], "service_ms": [0.0, 3.0, 40.0], "service_distribution": ["constant", "exponential", "hyperexponential"],
        "discipline": ["fifo", "lifo", "sharing", "writes_first"], "workers": [1, 4, 64], "queue_limit": [0, 3, 256],
        "memory_mb": [40.0, 8192.0], "request_memory_mb": [0.0, 16.0],
        "network_mbit_s": [0.0, 50.0, 1000.0], "response_kb": [0.0, 20.0], "health_check_ms": [0.0, 2.0],
        "instances": [1, 1, 2, 5], "boot_s": [0.0, 0.3], "drain_s": [0.0, 0.2, 30.0],
        "concurrency": ["threads", "event_loop"], "event_loops": [1, 3], "max_connections": [2, 10_000],
        "calls": ["sequential", "parallel"], "base_memory_mb": [0.0, 8.0], "memory_full": ["waits", "killed"],
        "disk_ms": [0.0, 4.0], "disk_parallel": [1, 3],
        "disk_reads": [0, 2], "disk_writes": [0, 2], "own_database": [True, False], "database_read_ms": [0.0, 6.0],
        "database_disk_share": [0.0, 0.5, 1.0], "warm_up_s": [0.0, 0.4], "cold_factor": [1.0, 5.0],
        "size": ["custom", "custom", "t3.small", "m7i.large"], "cpu_credits": [0.0, 0.02],
    },
    "cache": {
        "capacity_keys": [1, 20, 20_000], "ttl_s": [0.0, 0.2], "threads": [1, 4], "operation_ms": [0.0, 0.02, 8.0],
        "max_connections": [1, 10_000],
    },
    "sql_database": {
        "cores": [1, 8], "max_connections": [1, 100], "connection_queue_limit": [0, 500], "read_ms": [0.0, 3.0, 30.0],
        "write_ms": [0.0, 5.0], "apply_ms": [0.0, 1.0, 20.0], "reads_from": ["replicas", "primary"],
        "replication": ["asynchronous", "synchronous"], "replication_batch_ms": [0.0, 50.0], "automatic_failover": [True, True, False],
        "promotion_s": [0.0, 0.4], "health_check_interval_s": [0.1, 0.3], "health_check_timeout_ms": [10.0, 200.0],
        "unhealthy_threshold": [1, 2], "healthy_threshold": [1, 2],
    },
    "read_replica": {"cores": [1, 8], "max_connections": [1, 100], "connection_queue_limit": [0, 500], "read_ms": [0.0, 3.0, 30.0],
                     "apply_ms": [0.0, 1.0, 20.0]},
    "autoscaler": {
        "metric": ["cpu", "requests", "in_flight"], "target_utilisation": [0.1, 0.6], "target_requests_per_s": [10.0, 100.0],
        "target_in_flight": [1.0, 30.0], "minimum": [1, 2], "maximum": [2, 5], "evaluation_s": [0.2, 1.0], "cooldown_out_s": [0.0, 0.5],
        "cooldown_in_s": [0.0, 0.5], "replaces_dead": [True, False], "scheduled": [True, False], "schedule_from_s": [0.5],
        "schedule_until_s": [1.5],
    },
    "pipeline": {
        "strategy": ["all_at_once", "rolling", "blue_green", "canary"], "batch": [1, 2], "keep_s": [0.0, 0.6], "canary_share": [0.1, 0.6],
        "observe_s": [0.1, 0.5], "build_s": [0.0, 0.1], "test_s": [0.0, 0.1], "test_catches": [0.0, 1.0], "startup_s": [0.0, 0.3],
        "bad_error_ratio": [0.0, 0.9],
    },
}  # fmt: skip
CONTROLLERS = ("autoscaler", "pipeline")
LINK: dict[str, list[Any]] = {
    "latency_ms": [0.0, 0.25, 30.0], "latency_distribution": ["constant", "lognormal"], "bandwidth_mbit_s": [0.0, 5.0, 10_000.0],
    "loss_ratio": [0.0, 0.0, 0.05, 0.6], "retransmit_timeout_ms": [1.0, 200.0], "timeout_ms": [10.0, 200.0, 5000.0],
}  # fmt: skip
KILLABLE = ("load_balancer", "server", "cache", "sql_database", "read_replica", *CONTROLLERS)


@st.composite
def some(draw: st.DrawFn, values: dict[str, list[Any]]) -> Document:
    """A few of the parameters with one of their values each, the rest with the catalogue's defaults."""
    names = draw(st.lists(st.sampled_from(sorted(values)), unique=True, max_size=6))
    return {name: draw(st.sampled_from(values[name])) for name in names}


@st.composite
def parameters(draw: st.DrawFn, kind: str) -> Document:
    """Of a component; servers that keep their own data have room for them in the smallest memory."""
    values: Document = draw(some(VALUES[kind]))
    return values | ({"database_memory_mb": 8.0} if kind == "server" else {})


@st.composite
def components(draw: st.DrawFn) -> dict[str, Document]:
    parts: dict[str, Document] = {}
    for kind in VALUES:
        least = 1 if kind in ("clients", "server") else 0
        for number in range(draw(st.integers(least, 1 if kind in CONTROLLERS else MOST_OF_A_KIND))):
            parts[f"{kind}_{number}"] = {"kind": kind, "parameters": draw(parameters(kind))}
    if not any(p["kind"] == "sql_database" for p in parts.values()):
        parts = {i: p for i, p in parts.items() if p["kind"] != "read_replica"}
    return parts


def of_kind(parts: dict[str, Document], *kinds: str) -> list[str]:
    return [identifier for identifier, part in parts.items() if part["kind"] in kinds]


@st.composite
def wired(draw: st.DrawFn, parts: dict[str, Document]) -> list[tuple[str, str]]:
    """Links that the catalogue allows, without cycles: clients → balancers → servers → further servers, caches, databases."""

    def some_of(targets: list[str], least: int = 0) -> list[str]:
        if not targets:
            return []
        return draw(st.lists(st.sampled_from(targets), min_size=least, max_size=3, unique=True))

    servers, balancers = of_kind(parts, "server"), of_kind(parts, "load_balancer")
    ends = []
    for source in of_kind(parts, "clients"):
        ends += [(source, target) for target in some_of([*balancers, *servers], 1)]
    for source in balancers:
        ends += [(source, target) for target in some_of(servers, 1)]
    for place, source in enumerate(servers):
        targets = some_of(of_kind(parts, "cache", "sql_database")) + some_of(servers[place + 1 :])
        ends += [(source, target) for target in targets]
    for source in of_kind(parts, *CONTROLLERS):
        ends += [(source, target) for target in some_of(servers)]
    for replica in of_kind(parts, "read_replica"):
        ends.append((draw(st.sampled_from(of_kind(parts, "sql_database"))), replica))
    return ends


@st.composite
def faults(draw: st.DrawFn, parts: dict[str, Document]) -> list[Document]:
    found = []
    for target in draw(st.lists(st.sampled_from(of_kind(parts, *KILLABLE)), max_size=4)):
        found.append({
            "at_s": draw(st.sampled_from([0.0, 0.3, 0.5, 1.0, 1.7])), "component": target,
            "for_s": draw(st.sampled_from([None, 0.0, 0.2, 0.8])),
            **draw(st.sampled_from([
                {"action": "restore"}, {"action": "kill"}, {"action": "kill", "arguments": {"mode": "process"}},
                {"action": "kill", "arguments": {"mode": "machine"}},
            ])),
        })  # fmt: skip
    for target in of_kind(parts, "pipeline"):
        found += [
            {"at_s": at_s, "component": target, "action": action, "arguments": arguments} for at_s, action, arguments in draw(orders())
        ]
    return found


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[float, str, Document]]:
    """What a pipeline is asked for, and when."""
    asked = st.sampled_from([("deploy", {}), ("deploy", {"quality": "bad"}), ("rollback", {})])
    times = draw(st.lists(st.sampled_from([0.1, 0.4, 0.8, 1.2, 1.9]), max_size=3))
    return [(at_s, *draw(asked)) for at_s in times]


@st.composite
def designs(draw: st.DrawFn) -> Document:
    parts = draw(components())
    links = [{"from": s, "to": t, "parameters": draw(some(LINK))} for s, t in draw(wired(parts))]
    traffic = draw(st.sampled_from([[], [(0.5, 1.0), (1.0, 3.0), (1.5, 0.0), (2.0, 2.0)]]))
    return design(parts, links, DURATION_S, draw(faults(parts)), traffic, seed=draw(st.integers(0, 5)))


@st.composite
def commands(draw: st.DrawFn, document: Document) -> list[tuple[float, Document]]:
    """Live commands with their times, in order. Some will be refused."""
    parts, found = document["components"], []
    for at_s in sorted(draw(st.lists(st.sampled_from([0.1, 0.4, 0.9, 1.3, 2.0, 2.4]), max_size=8))):
        target = draw(st.sampled_from(sorted(parts)))
        values = VALUES[parts[target]["kind"]]
        name = draw(st.sampled_from(sorted(values)))
        found.append((at_s, draw(st.sampled_from([
            {"action": "set", "component": target, "parameter": name, "value": draw(st.sampled_from(values[name]))},
            {"action": "kill", "component": target, "mode": draw(st.sampled_from(["process", "machine"])),
             "instance": draw(st.sampled_from([0, 1, 2]))},
            {"action": "restore", "component": target, "instance": draw(st.sampled_from([0, 0, 2]))},
            {"action": "set", "component": target, "parameter": "instances", "value": draw(st.integers(1, 5))},
            {"action": "traffic", "multiplier": draw(st.sampled_from([0.0, 0.5, 3.0]))},
            {"action": "design", "design": draw(edited(document))},
        ]))))  # fmt: skip
    return found


@st.composite
def edited(draw: st.DrawFn, document: Document) -> Document:
    """The design with a component deleted, doubled or of another kind, or with a link more or less."""
    changed = copy.deepcopy(document)
    parts, links = changed["components"], changed["links"]
    what = draw(st.sampled_from(["delete", "double", "swap", "unlink", "values"]))
    target = draw(st.sampled_from(sorted(parts)))
    if what == "delete":
        _delete(changed, target)
    elif what == "double":
        parts[f"{target}_more"] = copy.deepcopy(parts[target])
        for end in [entry for entry in links.values() if target in (entry["from"], entry["to"])]:
            source, goal = (f"{target}_more" if x == target else x for x in (end["from"], end["to"]))
            links[f"{source}-{goal}"] = {**end, "from": source, "to": goal}
    elif what == "swap" and parts[target]["kind"] in ("server", "load_balancer"):
        other = "server" if parts[target]["kind"] == "load_balancer" else "load_balancer"
        parts[target] = {"kind": other, "parameters": draw(parameters(other))}
    elif what == "unlink" and links:
        del links[draw(st.sampled_from(sorted(links)))]
    else:
        parts[target]["parameters"] = draw(parameters(parts[target]["kind"]))
    return changed


def _delete(document: Document, target: str) -> None:
    del document["components"][target]
    document["links"] = {i: e for i, e in document["links"].items() if target not in (e["from"], e["to"])}
    for scenario in document["scenarios"].values():
        scenario["faults"] = [fault for fault in scenario["faults"] if fault["component"] != target]
