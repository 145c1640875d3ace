"""Rows that the defaults of the catalogue must be near: round trips, and what a network of 1 Gbit/s takes for two kilobytes."""

from tests.engine.oracle.designs import Document, design, link, part
from tests.engine.theory.distances import apart
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row, Tolerance


def answer_over(over: Document, response_kb: float = 0.0) -> Experiment:
    """A server that takes no time, behind one link: nothing is given but what stands here."""
    parts = {"clients": part("clients"), "server": part("server", service_ms=0.0, response_kb=response_kb)}
    document = design(parts, [link("clients", "server")], 200.0)
    document["links"]["clients-server"]["parameters"] = over
    return Experiment(document)


def default_link(_: Row) -> Experiment:
    return answer_over({})


def two_kilobytes(_: Row) -> Experiment:
    return answer_over({"latency_ms": 0.0, "bandwidth_mbit_s": 1000.0}, response_kb=2.0)


def across_the_atlantic(_: Row) -> Experiment:
    """Between regions with the path factors that they have by themselves."""
    places = {id_: part("region", location=city) for id_, city in (("a", "san_francisco"), ("b", "amsterdam"))}
    for place in places.values():
        del place["parameters"]["path_factor"]
    return Experiment(apart(places))


def nanoseconds(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("mean") * 1e9


def to_a_third(_: Row) -> Tolerance:
    """The row grants a factor of three; two thirds either way lie within it."""
    return Tolerance(relative=2 / 3)


RULES = [
    Rule("E04", "latency numbers", "", default_link, nanoseconds, params="round trip", within=to_a_third, exact_law=False),
    Rule("E04", "latency numbers", "", two_kilobytes, nanoseconds, params="send 2 KB", within=to_a_third, exact_law=False),
    Rule("E04", "latency numbers", "", across_the_atlantic, nanoseconds, params="packet CA", within=to_a_third, exact_law=False),
]
