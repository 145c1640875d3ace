"""Designs whose data and messages meet the other faults: full disks, connections that leak, hot keys, what is stopped, poison."""

from typing import Any

from tests.engine.oracle.cases_clusters import WATCHFUL, documents
from tests.engine.oracle.cases_data import cache_aside, stored
from tests.engine.oracle.cases_stores import STEADY, jobs, log, queue, topic, wide
from tests.engine.oracle.designs import Document, fault, kill, part

FEW_KEYS: dict[str, Any] = {"keys": 10, "zipf_exponent": 0.0}


def full(component: str, at_s: float = 1.5, for_s: float | None = 2.0, **arguments: Any) -> Document:
    return fault("disk_full", at_s, for_s, component, **arguments)


def leak(component: str, ratio: float, at_s: float = 1.5, for_s: float | None = 2.0) -> Document:
    return fault("pool_exhausted", at_s, for_s, component, ratio=ratio)


def hot(ratio: float, at_s: float = 1.5, for_s: float | None = 2.0) -> Document:
    return fault("hot_key", at_s, for_s, "clients", ratio=ratio)


def stop(what: str, component: str, at_s: float = 1.5, for_s: float | None = 2.0) -> Document:
    return fault(what, at_s, for_s, component)


def poison(ratio: float, at_s: float = 1.5, for_s: float | None = 2.0) -> Document:
    return fault("poison", at_s, for_s, "broker", ratio=ratio)


def few_workers(*faults: Document) -> Document:
    """A server that waits for a slow database."""
    document = stored({"rate": 60.0}, faults=list(faults), read_ms=25.0, cores=4)
    document["components"]["server"] = part("server", service_ms=1.0, workers=8, queue_limit=3)
    return document


CASES: dict[str, Document] = {
    "the primary's disk is full": stored(replicas=1, faults=[full("db")], **WATCHFUL),
    "a replica's disk is full": stored(FEW_KEYS, 2, [full("replica-1")], **WATCHFUL),
    "the disk of a replica that is waited for is full": stored(FEW_KEYS, 2, [full("replica-1")], replication="synchronous", **WATCHFUL),
    "one of two has a full disk and one is enough": stored(FEW_KEYS, 2, [full("replica-1")], replication="semi_synchronous", **WATCHFUL),
    "disks of a majority are full": documents(2, [full("replica-1"), full("replica-2", 2.0)]),
    "all wide-column disks are full": wide([full("store")], read_consistency=2),
    "the broker's disk is full": jobs(queue(storage="disk", store_ms=2.0), STEADY, [full("broker")]),
    "the broker's disk is full and it keeps nothing": jobs(queue(), STEADY, [full("broker")]),
    "connections leak": stored(
        {"rate": 60.0}, faults=[leak("db", 0.6)], read_ms=25.0, cores=8, max_connections=5, connection_queue_limit=3
    ),
    "connections leak twice": stored(
        {"rate": 60.0}, faults=[leak("db", 0.5), leak("db", 0.5, 2.5)], read_ms=25.0, cores=8, max_connections=8, connection_queue_limit=2
    ),
    "connections of a wide-column store leak": wide([leak("store", 0.9)], {"rate": 150.0}, max_connections=10, connection_queue_limit=1),
    "workers leak": few_workers(leak("server", 0.7)),
    "a key becomes hot": stored({"keys": 40, "rate": 60.0}, faults=[hot(0.5)], cores=4, write_ms=25.0, lock_rows=True),
    "a key becomes hotter": stored({"keys": 40, "rate": 50.0}, faults=[hot(0.4), hot(0.5, 2.5)], cores=4, write_ms=20.0, lock_rows=True),
    "a hot key in a cache": cache_aside([hot(0.7)], {"keys": 200, "zipf_exponent": 0.5}, capacity_keys=10),
    "replication is stopped": stored(FEW_KEYS, 2, [stop("stop_replication", "db")], **WATCHFUL),
    "synchronous replication is stopped": stored(
        FEW_KEYS | {"rate": 50.0}, 2, [stop("stop_replication", "db")], replication="synchronous", **WATCHFUL
    ),
    "semi-synchronous replication is stopped and a replica dies": stored(
        FEW_KEYS | {"rate": 50.0},
        2,
        [stop("stop_replication", "db"), kill("replica-1", 2.0)],
        replication="semi_synchronous",
        semi_synchronous_replicas=2,
        **WATCHFUL,
    ),
    "replication to a majority is stopped": documents(2, [stop("stop_replication", "db")]),
    "replication is stopped and the primary dies": documents(2, [stop("stop_replication", "db", for_s=3.0), kill("db", 2.5)], 7.0),
    "consumers get nothing": jobs(queue(), STEADY, [stop("stop_consumers", "broker")]),
    "consumers get nothing and the queue is full": jobs(queue(max_messages=30, prefetch=4), STEADY, [stop("stop_consumers", "broker")]),
    "a topic is stopped": jobs(
        topic(prefetch=5, retention_s=0.0), STEADY, [stop("stop_consumers", "broker")], others={"mail": part("worker", service_ms=10.0)}
    ),
    "poison": jobs(queue(max_deliveries=3, redelivery_delay_ms=60.0), STEADY, [poison(0.2)]),
    "poison that nobody gives up": jobs(queue(redelivery_delay_ms=150.0, prefetch=3), STEADY, [poison(0.1, for_s=1.0)]),
    "poison in order": jobs(queue(in_order=True, max_deliveries=2, redelivery_delay_ms=40.0), {"service_ms": 12.0}, [poison(0.3)]),
    "poison for two": jobs(
        topic(max_deliveries=2, redelivery_delay_ms=50.0), STEADY, [poison(0.4)], others={"mail": part("worker", service_ms=10.0)}
    ),
    "poison in a log": jobs(
        log(partitions=4, max_deliveries=2, redelivery_delay_ms=50.0),
        {"service_ms": 20.0, "instances": 2},
        [poison(0.3, 1.0), poison(0.6, 2.0)],
        keys=3000,
        zipf_exponent=0.0,
    ),
    "dear requests": stored({"read_cost": 2.5, "write_cost": 4.0, "rate": 50.0}, 1),
    "dear requests of a wide-column store": wide(traffic={"read_cost": 2.0, "write_cost": 3.0, "rate": 40.0}),
}
