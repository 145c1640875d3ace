"""Rows about stores that keep several copies of a key: how long quorums take, and what a read right after a write finds."""

from typing import Any

from tests.engine.oracle.designs import Document, design, link, part
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row

ENDLESS_MS = 8.64e7


def stored(row: Row, clients: Document, seconds: float, write_ms: float) -> Document:
    """As many nodes as there are copies of a key, with so many cores that no write waits for another; reads take no time."""
    n = row.numbers
    copies, quorums = int(n["N"]), {"write_consistency": int(n["W"]), "read_consistency": int(n.get("R", 1))}
    parts = {
        "clients": clients,
        "server": part("server", service_ms=0.0),
        "store": part("wide_column", instances=copies, replication_factor=copies, cores=1024, read_ms=0.0, write_ms=write_ms, **quorums),
    }
    return design(parts, [link("clients", "server"), link("server", "store", timeout_ms=ENDLESS_MS)], seconds)


def many_writes(row: Row) -> tuple[Experiment, Experiment]:
    """With a write time, and without: what the network between the nodes takes."""

    def taking(write_ms: float, requests: int) -> Experiment:
        clients = part("clients", arrival_rate_per_s=1000.0, read_ratio=0.0)
        return Experiment(stored(row, clients, requests / 1000.0, write_ms))

    return taking(200.0, row.requests), taking(0.0, 1000)


def mean_of_a_write(_: Row, seen: list[Seen]) -> float:
    return (seen[0].latency_s("mean") - seen[1].latency_s("mean")) / 0.2


LONG_WRITE_S = 1.0  # the network between the nodes takes half a millisecond, and its timeout is 5 s


def read_after_write(row: Row) -> Experiment:
    """One user and one key: a read that follows a write finds it at those W copies that the write has waited for."""
    user: dict[str, Any] = {"users": 1, "think_time_s": 0.0, "think_distribution": "constant", "keys": 1, "timeout_ms": ENDLESS_MS}
    clients = part("clients", model="closed", read_ratio=0.8, **user)
    copies, w = int(row.numbers["N"]), int(row.numbers["W"])
    a_write_s = LONG_WRITE_S * sum(1 / i for i in range(copies - w + 1, copies + 1))
    return Experiment(stored(row, clients, row.requests / 4 * a_write_s, LONG_WRITE_S * 1000), tick_s=1000.0)


def stale(_: Row, seen: list[Seen]) -> float:
    return float(seen[0].summary["stale_reads"]) / seen[0].summary["reads_checked"]


QUICK_MS = 0.01


def forgotten(row: Row) -> Experiment:
    """One key and one user; a write goes to W copies drawn at random and no further, and a read is stale when it is k versions old."""
    n = row.numbers
    user: dict[str, Any] = {"users": 1, "think_time_s": 0.0, "think_distribution": "constant", "keys": 1, "timeout_ms": ENDLESS_MS}
    clients = part("clients", model="closed", read_ratio=0.5, **user)
    a_request_s = 0.0005  # over the network between the nodes, there and back
    document = stored(row, clients, 2 * row.requests * a_request_s, QUICK_MS)
    document["components"]["clients"]["parameters"]["stale_versions"] = int(n["k"])
    document["components"]["store"]["parameters"]["writes_to"] = "enough"
    return Experiment(document, tick_s=30.0)


RULES = [
    Rule("Q26", "quorum write latency", "", many_writes, mean_of_a_write),
    Rule("Q40", "quorum staleness", "", read_after_write, stale, exact_law=False),
    Rule("Q40", "PBS k-staleness", "", forgotten, stale),
]
