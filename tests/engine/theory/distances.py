"""Rows about distances: no round trip between two places is shorter than that of light through a straight fibre."""

from tests.engine.oracle.designs import Document, design, link, part
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row

METRO = "100 km metro"  # as far as the zones of a region are from each other at most


def apart(places: dict[str, Document]) -> Document:
    """Users in place `a` and a server in place `b` that costs nothing, over a link that costs nothing."""
    parts = {
        "clients": part("clients") | {"inside": "a"},
        "server": part("server", service_ms=0.0) | {"inside": "b"},
    }
    return design(parts | places, [link("clients", "server")], 20.0)


def two_cities(row: Row) -> Experiment:
    names = row.params.split(";")[0].lower().replace(" ", "_").split("-")
    return Experiment(apart({id_: part("region", location=name) for id_, name in zip("ab", names, strict=True)}))


def two_zones(_: Row) -> Experiment:
    zones = {id_: part("zone") | {"inside": "region"} for id_ in "ab"}
    return Experiment(apart(zones | {"region": part("region")}))


def round_trip_ms(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("mean") * 1000


RULES = [
    Rule("Q51", "speed of light", "", two_zones, round_trip_ms, params=METRO, exact_law=False),
    *(
        Rule("Q51", "speed of light", "", two_cities, round_trip_ms, params=cities, exact_law=False)
        for cities in ("New York-London", "San Francisco-Amsterdam", "London-Sydney")
    ),
]
