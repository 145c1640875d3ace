"""Rows about availability: minutes of a year, parts in series, parts that stand in for each other, k of n."""

import math

from tests.engine.oracle.designs import Document, design, kill, link, part
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row, Tolerance

MINUTES_OF_A_YEAR = 365.25 * 24 * 60


def dead_for_a_while(row: Row) -> Experiment:
    """A request every 10 ms for 1000 s, and a server that is dead for the row's share of them."""
    away_s = round(1000 * (1 - row.numbers["A"]), 9)
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, arrival_distribution="constant"),
        "server": part("server", service_ms=0.0),
    }
    return Experiment(design(parts, [link("clients", "server")], 1000.005, [kill("server", 500.005, for_s=away_s)]))


def minutes_of_downtime(_: Row, seen: list[Seen]) -> float:
    return (1 - available(_, seen)) * MINUTES_OF_A_YEAR


def errors(component: str, ratio: float) -> Document:
    return {"at_s": 0.0, "component": component, "action": "errors", "for_s": None, "arguments": {"ratio": ratio}}


def in_series(row: Row) -> Experiment:
    """Each calls the next and fails by itself at times."""
    count, availability = (float(number) for number in row.params.split(" x "))
    names = [f"server-{place}" for place in range(int(count))]
    parts = {"clients": part("clients", arrival_rate_per_s=1000.0), **{name: part("server", service_ms=0.0) for name in names}}
    links = [link(caller, callee) for caller, callee in zip(["clients", *names], names, strict=False)]
    faults = [errors(name, 1 - availability) for name in names]
    return Experiment(design(parts, links, row.requests / 1000.0, faults))


def standing_in(row: Row) -> Experiment:
    """One request at a time: a balancer that goes round gives the second attempt to the other."""
    count, availability = (float(number) for number in row.params.split(" x "))
    names = [f"server-{place}" for place in range(int(count))]
    clients = part(
        "clients", model="closed", users=1, think_time_s=0.001, think_distribution="constant", retries=int(count) - 1, backoff_ms=0.0
    )
    parts = {"clients": clients, "lb": part("load_balancer", unhealthy_threshold=20), **{n: part("server", service_ms=0.0) for n in names}}
    links = [link("clients", "lb"), *(link("lb", name) for name in names)]
    faults = [errors(name, 1 - availability) for name in names]
    return Experiment(design(parts, links, row.requests / 1000.0, faults))


TIMEOUT_S = 5.0  # of the network between the nodes
THERE_AND_BACK_S = 0.0005


def quorum(row: Row) -> Experiment:
    """A copy is there when it answers in time; its exponential times are such that this has the row's probability."""
    needed, copies = (int(number) for number in row.params.split(";")[0].split("-of-"))
    write_s = (TIMEOUT_S - THERE_AND_BACK_S) / -math.log(1 - row.numbers["a"])
    parts = {
        "clients": part("clients", arrival_rate_per_s=500.0, read_ratio=0.0),
        "server": part("server", service_ms=0.0),
        "store": part(
            "wide_column", instances=copies, replication_factor=copies, write_consistency=needed, write_ms=1000 * write_s, cores=1024
        ),
    }
    document = design(parts, [link("clients", "server"), link("server", "store")], row.requests / 500.0)
    return Experiment(document)


def available(_: Row, seen: list[Seen]) -> float:
    ended = seen[0].requests("done") + seen[0].requests("failed")
    return seen[0].requests("done") / ended


def of_so_many_requests(row: Row) -> Tolerance:
    """abs:4*sqrt(A(1-A)/independent samples)"""
    return Tolerance(absolute=4 * math.sqrt(row.value * (1 - row.value) / row.requests))


RULES = [
    Rule("Q37", "downtime per year", "", dead_for_a_while, minutes_of_downtime, exact_law=False),
    Rule("Q37", "series availability", "", in_series, available, within=of_so_many_requests),
    Rule("Q37", "parallel availability", "", standing_in, available, within=of_so_many_requests),
    Rule("Q37", "k-of-n availability", "", quorum, available, within=of_so_many_requests, quick=False, exact_law=False),
]
