"""Designs with sharded and wide-column stores, brokers, workers and schedulers; engine and oracle must agree on all of them."""

from typing import Any

from tests.engine.oracle.cases_data import readers
from tests.engine.oracle.designs import Document, design, kill, link, part

Faults = list[Document] | None
FEW_CHECKS: dict[str, Any] = {"health_check_interval_s": 0.4, "health_check_timeout_ms": 150.0, "unhealthy_threshold": 2}


def sharded(shards: int = 3, faults: Faults = None, traffic: dict[str, Any] | None = None, **router: Any) -> Document:
    """As many keys, all alike, that every rule gives every shard nearly the same."""
    parts = {
        "clients": readers(**({"keys": 3000, "zipf_exponent": 0.0} | (traffic or {}))),
        "server": part("server", service_ms=0.5),
        "router": part("shard_router", processing_ms=2.0, **router),
        **{f"shard-{i}": part("sql_database", read_ms=12.0, write_ms=9.0) for i in range(shards)},
    }
    links = [link("clients", "server"), link("server", "router", latency_ms=0.5)]
    links += [link("router", f"shard-{i}", latency_ms=1.0, timeout_ms=400.0) for i in range(shards)]
    return design(parts, links, 6.0, faults)


def replicated_shards(**router: Any) -> Document:
    """A replica for each shard, that lags behind."""
    document = sharded(2, traffic={"keys": 40, "read_ratio": 0.5}, sharding="modulo", **router)
    for shard in ("shard-0", "shard-1"):
        document["components"][f"{shard}-too"] = part("read_replica", read_ms=12.0, apply_ms=3.0)
        document["links"][f"{shard}-{shard}-too"] = link(shard, f"{shard}-too", latency_ms=30.0)
    return document


def wide(faults: Faults = None, traffic: dict[str, Any] | None = None, **store: Any) -> Document:
    parts = {
        "clients": readers(**({"read_ratio": 0.6, "keys": 4, "zipf_exponent": 0.0} | (traffic or {}))),
        "server": part("server", service_ms=0.5),
        "store": part("wide_column", **({"read_ms": 4.0, "write_ms": 4.0, "coordinate_ms": 0.5} | store)),
    }
    return design(parts, [link("clients", "server"), link("server", "store", latency_ms=0.5, timeout_ms=400.0)], 6.0, faults)


def in_memory(faults: Faults = None, traffic: dict[str, Any] | None = None, **store: Any) -> Document:
    parts = {
        "clients": readers(**({"read_ratio": 0.6, "keys": 40} | (traffic or {}))),
        "server": part("server", service_ms=0.5),
        "store": part("key_value", **({"operation_ms": 6.0, "operation_distribution": "exponential"} | store)),
    }
    return design(parts, [link("clients", "server"), link("server", "store", latency_ms=0.5, timeout_ms=400.0)], 6.0, faults)


def jobs(
    broker: Document, worker: dict[str, Any], faults: Faults = None, link_ms: float = 1.0, scheduler: dict[str, Any] | None = None,
    others: dict[str, Document] | None = None, seconds: float = 6.0, **traffic: Any
) -> Document:  # fmt: skip
    """Writes of a server become jobs of a worker; `others` are further consumers."""
    consumers = {"worker": part("worker", **worker)} | (others or {})
    parts = {
        "clients": readers(**({"read_ratio": 0.2, "rate": 60.0} | traffic)),
        "server": part("server", service_ms=1.0, cores=2),
        "broker": broker,
        **consumers,
    }
    links = [link("clients", "server"), link("server", "broker", latency_ms=1.0, timeout_ms=300.0)]
    links += [link("broker", name, latency_ms=link_ms) for name in consumers]
    if scheduler:
        parts["cron"] = part("scheduler", **scheduler)
        links.append(link("cron", "broker", latency_ms=1.0))
    return design(parts, links, seconds, faults)


def queue(**more: Any) -> Document:
    return part("message_queue", **({"operation_ms": 1.0} | FEW_CHECKS | more))


def topic(**more: Any) -> Document:
    return part("topic", **({"operation_ms": 1.0} | FEW_CHECKS | more))


def log(**more: Any) -> Document:
    return part("event_log", **({"operation_ms": 1.0} | FEW_CHECKS | more))


STEADY = {"service_ms": 30.0, "cores": 2, "workers": 2}
CASES: dict[str, Document] = {
    "shards by a ring": sharded(),
    "shards by remainder": sharded(sharding="modulo"),
    "shards by ranges": sharded(2, sharding="range"),
    "shards by ranges of five values": sharded(2, sharding="range", shard_key_values=5),
    "reads that ask every shard": sharded(sharding="modulo", scatter_ratio=0.4),
    "a shard is killed": sharded(3, [kill("shard-1", 2.0, for_s=2.0)], sharding="modulo", scatter_ratio=0.2),
    "the router is full": sharded(2, traffic={"rate": 120.0}, sharding="modulo", max_connections=2),
    "two of three write, one is read": wide(),
    "quorum": wide(read_consistency=2),
    "all must have it": wide(write_consistency=3, read_consistency=1),
    "five nodes": wide(instances=5, traffic={"keys": 500}),
    "two copies of three": wide(replication_factor=2, write_consistency=1, read_consistency=1, traffic={"keys": 500}),
    "a node of three is killed": wide([kill("store", 2.0, for_s=1.5, instance=2)], read_consistency=2),
    "a node's machine is lost": wide([kill("store", 2.0, "machine", 1.5, instance=2)]),
    "a node that stays behind": wide([kill("store", 1.0, for_s=1.5, instance=2)], hint_window_s=0.5, write_consistency=1),
    "a node that is known to be down": wide([kill("store", 1.0, "machine", 3.0, instance=2)], detection_s=0.6, read_consistency=2),
    "too few copies that are up": wide([kill("store", 1.0, for_s=3.0, instance=2)], detection_s=0.3, write_consistency=3),
    "reads mend old copies": wide(
        [kill("store", 1.0, for_s=1.5, instance=2)], hint_window_s=0.5, write_consistency=1, read_repair=0.3, read_ms=2.0
    ),
    "writes go to no more copies than they wait for": wide(writes_to="enough", read_consistency=2, read_repair=0.2),
    "shards whose replicas are read": replicated_shards(reads_from="replicas"),
    "all in memory": in_memory(),
    "few connections": in_memory(max_connections=2),
    "a memory that is too small": in_memory(data_gb=2.0),
    "a memory that is too small and forgets": in_memory(data_gb=2.0, when_full="evict"),
    "a store without a disk is killed": in_memory([kill("store", 2.3, for_s=0.5)], persistence="none"),
    "a log that is flushed each second": in_memory([kill("store", 2.7, for_s=0.5)], load_s_per_gb=0.4),
    "a log that is flushed each time": in_memory([kill("store", 2.7, "machine", 0.5)], persistence="log_each_write", flush_ms=3.0),
    "snapshots": in_memory([kill("store", 3.7, for_s=0.3)], persistence="snapshots", snapshot_s=2.0, fork_ms_per_gb=150.0),
    "a queue and a worker": jobs(queue(), STEADY),
    "a queue with few out": jobs(queue(prefetch=1), {"service_ms": 30.0, "cores": 4, "instances": 2}),
    "a queue in order": jobs(queue(in_order=True), {"service_ms": 12.0, "cores": 4}),
    "a queue on disk": jobs(queue(storage="disk", store_ms=8.0, cores=2), STEADY),
    "a full queue": jobs(queue(max_messages=5, prefetch=2), {"service_ms": 40.0, "cores": 1}),
    "the oldest go": jobs(queue(max_messages=5, prefetch=2, when_full="drop_oldest"), {"service_ms": 40.0, "cores": 1}),
    "messages that grow old": jobs(queue(retention_s=0.3, prefetch=1), {"service_ms": 30.0}),
    "messages that grow old until somebody looks": jobs(queue(retention_s=0.3, prefetch=1), {"service_ms": 30.0}, seconds=5.7),
    "jobs that fail": jobs(queue(redelivery_delay_ms=100.0), STEADY | {"failure_ratio": 0.3}),
    "dead letters": jobs(queue(max_deliveries=2, redelivery_delay_ms=50.0), STEADY | {"failure_ratio": 0.5}),
    "delivered again too early": jobs(queue(visibility_timeout_s=0.05, prefetch=4, max_deliveries=5), {"service_ms": 22.0, "cores": 2}),
    "urgent jobs first": jobs(
        queue(urgent_classes=["background"], prefetch=1),
        {"service_ms": 25.0, "cores": 1},
        scheduler={"interval_s": 0.5, "jobs": 4},
        rate=40.0,
    ),
    "a scheduler": jobs(queue(prefetch=4), STEADY | {"cores": 4, "workers": 4}, scheduler={"interval_s": 0.7, "jobs": 12}, rate=30.0),
    "a worker is killed": jobs(
        queue(prefetch=3, redelivery_delay_ms=100.0), STEADY | {"instances": 2}, [kill("worker", 2.0, for_s=1.5, instance=1)]
    ),
    "the worker's machine is lost": jobs(
        queue(prefetch=3, visibility_timeout_s=0.5), STEADY | {"instances": 2}, [kill("worker", 2.0, "machine", 1.5, instance=1)]
    ),
    "the broker is killed": jobs(queue(prefetch=2), STEADY | {"cores": 1}, [kill("broker", 3.0, for_s=1.0)]),
    "the broker is killed and has flushed": jobs(
        queue(prefetch=2, storage="disk", flush_interval_ms=700.0), STEADY | {"cores": 1}, [kill("broker", 3.0, for_s=1.0)]
    ),
    "a topic for two": jobs(topic(prefetch=5), STEADY, others={"mail": part("worker", service_ms=10.0)}),
    "a topic with a full queue": jobs(topic(prefetch=1, max_messages=4), STEADY, others={"mail": part("worker", service_ms=45.0)}),
    "a partitioned log": jobs(log(partitions=4), {"service_ms": 30.0, "cores": 4, "instances": 2}, keys=3000, zipf_exponent=0.0),
    "a log in batches": jobs(log(partitions=2, batch=3), {"service_ms": 45.0, "cores": 8}, keys=3000, zipf_exponent=0.0),
    "a log for two groups": jobs(log(partitions=2), STEADY, others={"mail": part("worker", service_ms=15.0)}, keys=3000, zipf_exponent=0.0),
    "a member of a group is killed": jobs(
        log(partitions=4, redelivery_delay_ms=100.0),
        {"service_ms": 20.0, "instances": 2},
        [kill("worker", 2.0, for_s=1.5, instance=2)],
        keys=3000,
        zipf_exponent=0.0,
    ),
}
