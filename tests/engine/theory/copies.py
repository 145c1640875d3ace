"""Rows about stores that keep several copies of a key: how long quorums take, and what a read right after a write finds."""

import math
from typing import Any

import numpy as np

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


# -- the fits of Bailis et al., VLDB 2012, table 3: share that is Pareto, its least value in ms, its tail index, rate of the exponential
# part in 1/ms. W is the way of a write, A, R and S those of its answer, of a read, and of the read's answer.
Fit = tuple[float, float, float, float]
SSD: Fit = (0.9122, 0.235, 10.0, 1.66)
WAYS: dict[str, tuple[Fit | None, Fit]] = {
    "LNKD-SSD": (None, SSD),  # W is like the others
    "LNKD-DISK": ((0.38, 1.05, 1.51, 0.183), SSD),
    "YMMR": ((0.939, 3.0, 3.35, 0.0028), (0.982, 1.5, 3.8, 0.0217)),
}
LATER: dict[str, tuple[float, ...]] = {  # times after a write at which reads begin, around that at which one in a thousand is old
    "LNKD-SSD": (1.7, 2.0, 2.3), "YMMR": (1_250.0, 1_450.0, 1_650.0),
}  # fmt: skip
REQUESTS = {"LNKD-SSD": 1_000_000, "LNKD-DISK": 4_000_000, "YMMR": 500_000}  # so many would find time if writes were as quick as reads
READ_RATIO = 0.2
OLD = 0.001


def shaped(prefix: str, fit: Fit) -> dict[str, Any]:
    """A fit as the parameters of a distribution; the mean, in ms, is given beside."""
    share, least, tail, rate = fit
    return {
        f"{prefix}_distribution": "pareto_exponential", f"{prefix}_tail": tail, f"{prefix}_exponential_share": 1 - share,
        f"{prefix}_exponential_factor": 1 / rate / (least * tail / (tail - 1)),
    }  # fmt: skip


def mean_of(fit: Fit) -> float:
    share, least, tail, rate = fit
    return share * least * tail / (tail - 1) + (1 - share) / rate


def fitted(row: Row, after_ms: float, read_ratio: float = READ_RATIO) -> Experiment:
    """One user and one key: a request begins `after_ms` after the one before it has ended.

    A write takes its way over the network between the nodes, and what the disk takes on top; so W is longer than its fit by one of the
    short ways. A read asks one of the three copies at random.
    """
    disk, way = WAYS[row.params]
    user: dict[str, Any] = {"users": 1, "think_time_s": after_ms / 1000, "think_distribution": "constant", "keys": 1}
    clients = part("clients", model="closed", read_ratio=read_ratio, timeout_ms=ENDLESS_MS, **user)
    writing: dict[str, Any] = {} if disk is None else {"write_ms": mean_of(disk), **shaped("service", disk)}
    store = part("wide_column", **{
        "instances": 3, "replication_factor": 3, "cores": 1024, "read_ms": 0.0, "write_ms": 0.0, "write_consistency": 1,
        "read_consistency": 1, "network_ms": mean_of(way), **shaped("network", way), **writing,
    })  # fmt: skip
    parts = {"clients": clients, "server": part("server", service_ms=0.0), "store": store}
    of_a_request_s = (after_ms + 2 * mean_of(way)) / 1000
    seconds = REQUESTS[row.params] * of_a_request_s
    links = [link("clients", "server"), link("server", "store", timeout_ms=ENDLESS_MS)]
    return Experiment(design(parts, links, seconds), tick_s=seconds / 20)


def some_time_later(row: Row) -> list[Experiment]:
    return [fitted(row, after_ms) for after_ms in LATER[row.params]]


def at_once(row: Row) -> Experiment:
    """Few of the reads follow another read, and are later than at once."""
    return fitted(row, 0.0, read_ratio=0.05)


def visible_after_ms(row: Row, seen: list[Seen]) -> float:
    """When one read in a thousand is old: between two times the logarithm of the share falls along a line.

    Reads that follow a read are later still, and practically never old; those that follow a write are 1 − READ_RATIO of all.
    """
    logs = [math.log(stale(row, [one]) / (1 - READ_RATIO)) for one in seen]
    assert logs[0] > math.log(OLD) > logs[-1], "the times do not enclose it"
    return float(np.interp(-math.log(OLD), [-log for log in logs], LATER[row.params]))


def new_at_once(row: Row, seen: list[Seen]) -> float:
    return 1 - stale(row, seen)


RULES = [
    Rule("Q26", "quorum write latency", "", many_writes, mean_of_a_write),
    Rule("Q40", "quorum staleness", "", read_after_write, stale, exact_law=False),
    Rule("Q40", "PBS k-staleness", "", forgotten, stale),
    *(
        Rule("E03", "published: PBS", "t-visibility", some_time_later, visible_after_ms, params=store, quick=False, exact_law=False)
        for store in LATER
    ),
    Rule("E03", "published: PBS", "P(consistent immediately)", at_once, new_at_once, quick=False, exact_law=False),
]
