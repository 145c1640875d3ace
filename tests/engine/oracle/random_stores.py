"""Random small designs of data and messaging, valid by construction: whatever keeps data, in whatever way, and jobs for workers.

Where a hash of the key decides who works, keys are many and equally popular: the two simulators have different hashes.
"""

from typing import Any

from hypothesis import strategies as st

from tests.engine.oracle.designs import Document, design, kill
from tests.engine.oracle.designs import part as bare
from tests.engine.oracle.random_designs import CHECKS, SECONDS, server, traffic, wire

Parts = dict[str, Document]
Ends = list[tuple[str, str]]
SPREAD_OUT: dict[str, Any] = {"keys": 3000, "zipf_exponent": 0.0}


@st.composite
def some(draw: st.DrawFn, kind: str, fixed: dict[str, Any], **choices: list[Any]) -> Document:
    """A part with one of the choices for each parameter."""
    return bare(kind, **fixed, **{name: draw(st.sampled_from(values)) for name, values in choices.items()})


@st.composite
def cache(draw: st.DrawFn, instances: int) -> Document:
    return draw(
        some(
            "cache",
            {"operation_ms": 0.5, "instances": instances},
            capacity_keys=[5, 30],
            eviction=["lru", "lfu", "fifo", "random"],
            ttl_s=[0.0, 0.3],
            ttl_jitter=[0.0, 0.5],
            ttl_slides=[False, True],
            writes=["through", "around", "back"],
            write_back_delay_ms=[0.0, 60.0, 400.0],
            single_flight=[False, True],
        )
    )


@st.composite
def database(draw: st.DrawFn) -> tuple[Parts, Ends]:
    settings: dict[str, list[Any]] = {
        "cores": [1, 3],
        "read_ms": [3.0, 8.0],
        "write_ms": [4.0, 9.0],
        "data_gb": [10.0, 40.0],
        "disk_read_ms": [5.0],
        "disk_queue_depth": [1, 4],
        "lock_rows": [False, True],
        "replication": ["asynchronous", "synchronous", "semi_synchronous"],
        "replication_batch_ms": [0.0, 80.0],
        "max_connections": [3, 100],
        "connection_queue_limit": [2, 100],
    }
    parts = {"db": draw(some("sql_database", {"promotion_s": 0.5, **CHECKS}, **settings))}
    replicas = [f"replica-{i}" for i in range(draw(st.integers(0, 2)))]
    parts |= {name: bare("read_replica", cores=2, read_ms=6.0) for name in replicas}
    return parts, [("db", name) for name in replicas]


@st.composite
def shards(draw: st.DrawFn) -> tuple[Parts, Ends]:
    names = [f"shard-{i}" for i in range(draw(st.integers(2, 3)))]
    parts = {name: bare("sql_database", cores=2, read_ms=6.0, write_ms=9.0) for name in names}
    parts["db"] = draw(
        some("shard_router", {"processing_ms": 1.0}, sharding=["modulo", "range"], scatter_ratio=[0.0, 0.3], max_connections=[4, 100])
    )
    return parts, [("db", name) for name in names]


@st.composite
def wide(draw: st.DrawFn) -> tuple[Parts, Ends]:
    copies = {"replication_factor": 3, "instances": draw(st.integers(3, 4))}
    choices: dict[str, list[Any]] = {
        "write_consistency": [1, 2, 3],
        "read_consistency": [1, 2, 3],
        "read_ms": [2.0, 6.0],
        "write_ms": [1.0, 5.0],
        "max_connections": [3, 100],
        "connection_queue_limit": [0, 100],
        "hint_window_s": [0.1, 100.0],
        "detection_s": [0.3, 100.0],
        "read_repair": [0.0, 0.5],
    }
    return {"db": draw(some("wide_column", copies, **choices))}, []


@st.composite
def broker(draw: st.DrawFn) -> tuple[Parts, Ends]:
    common: dict[str, list[Any]] = {
        "prefetch": [1, 4, 100],
        "max_messages": [6, 1000],
        "when_full": ["refuse", "drop_oldest"],
        "visibility_timeout_s": [0.0, 0.5],
        "max_deliveries": [0, 2],
        "redelivery_delay_ms": [20.0, 200.0],
        "retention_s": [0.0, 0.7],
        "storage": ["memory", "disk"],
        "flush_interval_ms": [0.0, 300.0],
    }
    kind = draw(st.sampled_from(["message_queue", "topic", "event_log"]))
    own: dict[str, list[Any]] = {"message_queue": {"in_order": [False, True]}, "event_log": {"partitions": [1, 3], "batch": [1, 4]}}.get(
        kind, {}
    )
    fixed: dict[str, Any] = {"operation_ms": 0.5, "store_ms": 1.0, **CHECKS}
    parts = {"broker": draw(some(kind, fixed, **common, **own))}
    for number in range(draw(st.integers(1, 2))):
        parts[f"worker-{number}"] = draw(
            some("worker", {"cores": 2}, service_ms=[5.0, 25.0], workers=[2, 100], failure_ratio=[0.0, 0.2], instances=[1, 2])
        )
    return parts, [("broker", name) for name in parts if name != "broker"]


@st.composite
def fault(draw: st.DrawFn, parts: Parts) -> Document:
    name = draw(st.sampled_from([name for name in parts if name != "clients"]))
    instances = parts[name]["parameters"].get("instances", 1)
    mode, instance = draw(st.sampled_from(["process", "machine"])), draw(st.integers(0, 2)) if instances > 1 else 0
    return kill(name, draw(st.sampled_from([0.9, 2.1])), mode, draw(st.sampled_from([None, 0.8])), instance)


@st.composite
def data_designs(draw: st.DrawFn) -> Document:
    parts: Parts = {"clients": draw(traffic()), "server": draw(server())}
    ends: Ends = [("clients", "server")]
    nodes = draw(st.sampled_from([0, 0, 1, 2]))
    in_front = nodes > 0 and draw(st.booleans())
    kept, inner = draw(st.one_of(database(), database(), shards(), wide()))
    parts, ends = parts | kept, ends + inner
    if nodes:
        parts["cache"] = draw(cache(nodes))
        ends.append(("server", "cache"))
    ends.append(("cache" if in_front else "server", "db"))
    if draw(st.booleans()):
        more, between = draw(broker())
        parts, ends = parts | more, [*ends, *between, ("server", "broker")]
    if nodes > 1 or parts["db"]["kind"] != "sql_database" or parts.get("broker", {}).get("kind") == "event_log":
        parts["clients"]["parameters"] |= SPREAD_OUT
    faults = [draw(fault(parts))] if draw(st.booleans()) else []
    links = [draw(wire(source, target)) for source, target in ends]
    for link in links:
        if link["to"] == "cache":
            link["parameters"]["on_write"] = draw(st.sampled_from(["delete", "put", "leave"]))
    return design(parts, links, SECONDS, faults)
