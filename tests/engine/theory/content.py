"""Rows about a CDN: what a hit ratio does to the mean latency, and to what the origin has to send."""

from tests.engine.oracle.designs import Document, design, link, part
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row

FILES = 100  # equally popular: a point that holds so many of them has that hit ratio
OBJECT_KB = 1_250.0


def delivered(row: Row, rate: float, edge_ms: float = 0.0, origin_ms: float = 0.0) -> Experiment:
    """Files, a point with room for the row's share of them, and round trips to it and from there to the origin."""
    clients = part("clients", arrival_rate_per_s=rate, timeout_ms=1e6)
    clients["parameters"] |= {
        "static_share": 1.0, "static_objects": FILES, "static_zipf": 0.0, "static_response_kb": OBJECT_KB, "static_size_cv": 0.0,
    }  # fmt: skip
    room_gb = row.numbers["hit"] * FILES * OBJECT_KB / 1e6
    parts: dict[str, Document] = {
        "clients": clients, "cdn": part("cdn", capacity_gb=room_gb), "origin": part("server", service_ms=0.0),
    }  # fmt: skip
    links = [link("clients", "cdn", latency_ms=edge_ms / 2), link("cdn", "origin", latency_ms=origin_ms / 2)]
    return Experiment(design(parts, links, row.requests / rate), tick_s=row.requests / rate / 100)


def far_away(row: Row) -> Experiment:
    """So seldom that a file is hardly ever asked for while it is on its way."""
    return delivered(row, 2.0, row.numbers["edge RTT"], row.numbers["origin RTT"])


def busy(row: Row) -> Experiment:
    return delivered(row, row.numbers["egress"] / (OBJECT_KB * 0.008))


def mean_ms(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("mean") * 1000


def origin_mbit_s(_: Row, seen: list[Seen]) -> float:
    metrics = seen[0].summary["components"]["cdn"]["metrics"]
    return float(metrics["origin_mbit_s"])


RULES = [
    Rule("Q52", "CDN offload", "mean", far_away, mean_ms, exact_law=False),
    Rule("Q52", "CDN offload", "origin egress", busy, origin_mbit_s, exact_law=False),
]
