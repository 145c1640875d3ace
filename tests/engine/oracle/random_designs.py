"""Random small designs, valid by construction, for engine and oracle alike.

Loads are kept moderate and runs short: the point is the combinations that nobody thought of.
"""

from typing import Any

from hypothesis import strategies as st

from tests.engine.oracle.designs import Document, design, kill, link, part

SECONDS = 4.0
CHECKS: dict[str, Any] = {"health_check_interval_s": 0.4, "health_check_timeout_ms": 150.0, "unhealthy_threshold": 2}


@st.composite
def traffic(draw: st.DrawFn) -> Document:
    common = {
        "read_ratio": draw(st.sampled_from([1.0, 0.8, 0.4])),
        "keys": draw(st.sampled_from([5, 40, 300])),
        "zipf_exponent": draw(st.sampled_from([0.0, 0.9])),
        "timeout_ms": draw(st.sampled_from([40.0, 150.0, 2000.0])),
        "retries": draw(st.integers(0, 2)),
        "backoff_ms": draw(st.sampled_from([0.0, 30.0])),
        "backoff_jitter": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return part("clients", arrival_rate_per_s=draw(st.sampled_from([30.0, 60.0])), **common)
    users = draw(st.integers(1, 12))
    return part("clients", model="closed", users=users, think_time_s=0.15, **common)


@st.composite
def server(draw: st.DrawFn) -> Document:
    return part(
        "server",
        cores=draw(st.integers(1, 3)),
        service_ms=draw(st.sampled_from([1.0, 8.0, 20.0])),
        service_distribution=draw(st.sampled_from(["constant", "exponential", "lognormal", "erlang"])),
        service_cv=0.5,
        workers=draw(st.sampled_from([2, 4, 100])),
        queue_limit=draw(st.sampled_from([0, 3, 100])),
        memory_mb=100.0,
        request_memory_mb=draw(st.sampled_from([0.0, 25.0])),
        network_mbit_s=draw(st.sampled_from([0.0, 10.0])),
        response_kb=5.0,
        health_check_ms=0.5,
    )


@st.composite
def wire(draw: st.DrawFn, source: str, target: str) -> Document:
    return link(
        source,
        target,
        latency_ms=draw(st.sampled_from([0.0, 1.0, 5.0])),
        latency_distribution=draw(st.sampled_from(["constant", "exponential"])),
        loss_ratio=draw(st.sampled_from([0.0, 0.0, 0.05])),
        retransmit_timeout_ms=20.0,
        timeout_ms=draw(st.sampled_from([100.0, 1000.0])),
    )


@st.composite
def fault(draw: st.DrawFn, names: list[str]) -> Document:
    mode = draw(st.sampled_from(["process", "machine"]))
    return kill(draw(st.sampled_from(names)), draw(st.sampled_from([0.9, 2.1])), mode, draw(st.sampled_from([None, 0.8])))


@st.composite
def storage(draw: st.DrawFn) -> dict[str, Document]:
    """A cache, a database, both or none."""
    parts: dict[str, Document] = {}
    if draw(st.booleans()):
        capacity, ttl = draw(st.sampled_from([3, 30])), draw(st.sampled_from([0.0, 0.3]))
        parts["cache"] = part("cache", operation_ms=0.5, capacity_keys=capacity, ttl_s=ttl)
    if draw(st.booleans()):
        parts["db"] = part(
            "sql_database",
            cores=2,
            read_ms=6.0,
            write_ms=9.0,
            max_connections=draw(st.sampled_from([3, 100])),
            connection_queue_limit=draw(st.sampled_from([1, 100])),
            replication=draw(st.sampled_from(["asynchronous", "synchronous"])),
            replication_batch_ms=draw(st.sampled_from([0.0, 80.0])),
            promotion_s=0.5,
            **CHECKS,
        )
        replicas = draw(st.integers(0, 2))
        parts |= {f"replica-{i}": part("read_replica", cores=2, read_ms=6.0) for i in range(replicas)}
    return parts


@st.composite
def designs(draw: st.DrawFn) -> Document:
    servers = {f"server-{i}": draw(server()) for i in range(draw(st.integers(1, 3)))}
    stores = draw(storage())
    parts = {"clients": draw(traffic()), **servers, **stores}
    entry = list(servers)
    links = []
    if len(servers) > 1 and draw(st.booleans()):
        policy = draw(st.sampled_from(["round_robin", "random", "least_connections", "power_of_two"]))
        parts["lb"] = part("load_balancer", policy=policy, processing_ms=0.5, healthy_threshold=2, **CHECKS)
        links += [draw(wire("lb", name)) for name in servers]
        entry = ["lb"]
    links += [draw(wire("clients", name)) for name in entry]
    links += [draw(wire(name, store)) for name in servers for store in ("cache", "db") if store in stores]
    links += [draw(wire("db", name)) for name in stores if name.startswith("replica")]
    killable = [name for name in parts if name != "clients"]
    faults = [draw(fault(killable))] if draw(st.booleans()) else []
    return design(parts, links, SECONDS, faults)
