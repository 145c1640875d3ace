"""Designs in which a primary and its replicas are lost, cut off from each other, and found again; engine and oracle must agree."""

from typing import Any

from tests.engine.oracle.cases_data import readers
from tests.engine.oracle.designs import Document, design, fault, kill, link, part

Faults = list[Document] | None
BEATS: dict[str, Any] = {
    "health_check_interval_s": 0.4, "health_check_timeout_ms": 200.0, "election_timeout_s": 1.0, "promotion_s": 0.5,
}  # fmt: skip
WATCHFUL: dict[str, Any] = {
    "health_check_interval_s": 0.4, "health_check_timeout_ms": 150.0, "unhealthy_threshold": 2, "healthy_threshold": 2, "promotion_s": 0.5,
}  # fmt: skip
NODE: dict[str, Any] = {"read_ms": 4.0, "apply_ms": 2.0}


def documents(replicas: int = 2, faults: Faults = None, seconds: float = 6.0, read_ratio: float = 0.5, **database: Any) -> Document:
    """A replica set whose members are further and further away."""
    parts = {
        "clients": readers(60.0, read_ratio=read_ratio, keys=12, zipf_exponent=0.0),
        "server": part("server", service_ms=0.5),
        "db": part("document_database", write_ms=3.0, **NODE, **BEATS | database),
        **{f"replica-{i}": part("read_replica", **NODE) for i in range(1, replicas + 1)},
    }
    links = [link("clients", "server"), link("server", "db", latency_ms=0.5, timeout_ms=400.0)]
    links += [link("db", f"replica-{i}", latency_ms=4.0 * i, timeout_ms=300.0) for i in range(1, replicas + 1)]
    return design(parts, links, seconds, faults)


def sites(
    right: int = 2, left: int = 0, faults: Faults = None, kind: str = "sql_database", read_ratio: float = 0.3, **database: Any
) -> Document:
    """Two places with clients and a server each; the primary is on the left. Without faults: nothing gets from one to the other for 2 s."""
    settings = WATCHFUL | {"replication_batch_ms": 50.0} if kind == "sql_database" else BEATS
    replicas = {f"replica-{i}": "right" if i <= right else "left" for i in range(1, right + left + 1)}
    parts = {
        "left": part("zone"),
        "right": part("zone"),
        "db": part(kind, write_ms=3.0, **NODE, **settings | database) | {"inside": "left"},
        **{name: part("read_replica", **NODE) | {"inside": side} for name, side in replicas.items()},
    }
    links = [link("db", name, latency_ms=3.0, timeout_ms=300.0) for name in replicas]
    for side in ("left", "right"):
        parts[f"clients-{side}"] = readers(30.0, read_ratio=read_ratio, keys=12, zipf_exponent=0.0) | {"inside": side}
        parts[f"server-{side}"] = part("server", service_ms=0.5) | {"inside": side}
        links += [link(f"clients-{side}", f"server-{side}"), link(f"server-{side}", "db", latency_ms=1.0, timeout_ms=200.0)]
    return design(parts, links, 6.5, [apart()] if faults is None else faults)


def apart(at_s: float = 1.5, for_s: float = 2.0) -> Document:
    return fault("partition", at_s, for_s, "left", other="right")


def cuts(*replicas: str) -> list[Document]:
    """Only the replication is cut."""
    return [fault("cut", 1.5, 2.0, link=f"db-{name}", direction="both") for name in replicas]


def remembered(replicas: int = 2, faults: Faults = None, seconds: float = 6.0, **store: Any) -> Document:
    """A key-value store with replicas that lag behind."""
    parts = {
        "clients": readers(70.0, read_ratio=0.5, keys=20),
        "server": part("server", service_ms=0.5),
        "store": part("key_value", **({"operation_ms": 4.0, "operation_distribution": "exponential"} | WATCHFUL | store)),
        **{f"replica-{i}": part("key_value_replica", operation_ms=5.0) for i in range(1, replicas + 1)},
    }
    links = [link("clients", "server"), link("server", "store", latency_ms=0.5, timeout_ms=400.0)]
    links += [link("store", f"replica-{i}", latency_ms=10.0, timeout_ms=300.0) for i in range(1, replicas + 1)]
    return design(parts, links, seconds, faults)


BOTH_WANT_MOST: dict[str, Any] = {"promotion_needs_majority": True, "stops_without_majority": True}
LAGGING: dict[str, Any] = {"write_concern": "one", "replication_batch_ms": 200.0}
CASES: dict[str, Document] = {
    "a majority has it": documents(),
    "a majority of five has it": documents(4),
    "only the primary has it": documents(**LAGGING),
    "replicas answer": documents(read_preference="secondary", **LAGGING),
    "replicas answer and one is lost": documents(
        3, [kill("replica-2", 1.5, "machine", 2.0)], read_preference="secondary", document_kb=5.0, **LAGGING
    ),
    "an election": documents(2, [kill("db", 2.03)]),
    "an election after a machine is lost": documents(2, [kill("db", 2.03, "machine")]),
    "an election that loses writes": documents(2, [kill("db", 2.13)], read_ratio=0.3, **LAGGING),
    "an election that loses writes, and old reads": documents(2, [kill("db", 2.13, for_s=2.0)], read_preference="secondary", **LAGGING),
    "two members elect nobody": documents(1, [kill("db", 1.5, for_s=2.5)]),
    "a primary without its majority": documents(2, [kill(f"replica-{i}", 1.5, for_s=2.0) for i in (1, 2)]),
    "four members and two are lost": documents(3, [kill("replica-1", 1.5, for_s=2.0), kill("replica-3", 1.5, "machine", 2.0)]),
    "four members and the primary and one are lost": documents(3, [kill("db", 1.5), kill("replica-1", 1.5, for_s=2.0)], 7.0),
    "the primary comes back before the election": documents(2, [kill("db", 1.5, for_s=1.2)]),
    "the primary comes back after the election": documents(2, [kill("db", 1.03, for_s=3.0)], 7.0),
    "the primary dies twice": documents(2, [kill("db", 1.5, for_s=1.4), kill("db", 3.0)]),
    "two primaries": sites(),
    "two primaries of one replica": sites(1),
    "two primaries that both are reached": sites(faults=cuts("replica-1", "replica-2")),
    "two primaries and synchronous replication": sites(replication="synchronous"),
    "two primaries and replicas on both sides": sites(1, 1, read_ratio=0.7),
    "two primaries, reads from them": sites(1, 1, read_ratio=0.7, reads_from="primary"),
    "two primaries and the first dies": sites(faults=[apart(), kill("db", 3.0, for_s=1.5)]),
    "two primaries and the first starts anew": sites(faults=[apart(for_s=2.7), kill("db", 2.9, for_s=0.6)]),
    "two primaries and the second dies": sites(faults=[apart(), kill("replica-1", 3.0, for_s=1.5)]),
    "one replica is cut off": sites(faults=cuts("replica-2")),
    "the majority takes over": sites(**BOTH_WANT_MOST),
    "the majority takes over, not the first": sites(2, 1, **BOTH_WANT_MOST),
    "the majority stays": sites(1, 1, **BOTH_WANT_MOST),
    "a minority is not promoted": sites(1, promotion_needs_majority=True),
    "nobody has a majority": sites(1, **BOTH_WANT_MOST),
    "a primary stops and nobody asks for a majority": sites(2, stops_without_majority=True),
    "nobody is promoted by itself": sites(automatic_failover=False),
    "documents on two sides": sites(kind="document_database"),
    "documents, and half of the members here": sites(2, 1, kind="document_database"),
    "key-value replicas": remembered(reads_from="replicas"),
    "key-value replicas that do not fit": remembered(reads_from="replicas", data_gb=2.0),
    "a key-value primary is killed": remembered(2, [kill("store", 2.03)]),
    "a key-value primary's machine is lost": remembered(1, [kill("store", 2.03, "machine")], reads_from="replicas"),
    "a key-value primary is back soon": remembered(2, [kill("store", 2.53, for_s=0.4)], load_s_per_gb=0.3, reads_from="replicas"),
    "a key-value primary comes back replaced": remembered(2, [kill("store", 1.53, for_s=2.5)], 7.0, load_s_per_gb=1.5),
    "a key-value replica is killed": remembered(2, [kill("replica-1", 1.5, for_s=2.0)], load_s_per_gb=1.5, reads_from="replicas"),
}
