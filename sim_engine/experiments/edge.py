"""Experiments for places, DNS and CDN."""

from typing import Any

from sim_engine.experiments.drawing import Document, design, inside, kill, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, rows
from sim_engine.experiments.figures import cost, mean_ms, of, p99_ms, when


# -- places
def far_apart(server_in: str = "there") -> Document:
    """Users at home in Frankfurt; a server in one of two zones there, or in another region."""
    parts = {
        "home": part("region", location="frankfurt"), "there": part("region", location="dublin"),
        "one": inside("home", part("zone")), "two": inside("home", part("zone")),
        "clients": inside("one", part("clients", arrival_rate_per_s=100.0)),
        "server": inside(server_in, part("server")),
    }  # fmt: skip
    return design(parts, [link("clients", "server")], 5.0)


REGION = rows(
    "region", "home",
    ("location", "frankfurt", "tokyo", mean_ms, UP, far_apart()),
    ("path_factor", 1.0, 3.0, mean_ms, UP, far_apart()),
    ("between_zones_ms", 0.1, 2.0, mean_ms, UP, far_apart("two")),
    ("within_zone_ms", 0.0, 1.0, mean_ms, UP, far_apart("one")),
)  # fmt: skip


# -- DNS
def named(faults: list[Document] | None = None, **dns: Any) -> Document:
    """Users who ask for a name each time, and two servers that it may lead to."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, retries=0), "dns": part("dns", **({"ttl_s": 0.0} | dns)),
        "one": part("server"), "two": part("server"),
    }  # fmt: skip
    links = [link("clients", "dns"), link("dns", "one"), link("dns", "two", priority=2)]
    return design(parts, links, 30.0 if faults else 5.0, faults)


CONSTANT = {"resolution_distribution": "constant"}
CHECKED = {"health_check_interval_s": 1.0, "healthy_threshold": 1}
ONE_DIES = [kill("one", 3.0, "machine")]
ONE_RETURNS = [kill("one", 3.0, for_s=10.0)]

DNS = rows(
    "dns", "dns",
    ("policy", "simple", "failover", of("two", "done"), DOWN, named()),
    ("ttl_s", 0.0, 10.0, of("dns", "queries_per_s"), DOWN, named()),
    ("resolution_ms", 10.0, 60.0, mean_ms, UP, named()),
    ("resolution_distribution", "constant", "exponential", p99_ms, UP, named()),
    ("resolution_cv", 0.1, 2.0, p99_ms, UP, named()),
    ("servers", 1, 100, mean_ms, DOWN, named()),
    ("health_checks", False, True, of("clients", "failed"), DOWN, named(ONE_DIES, **CHECKED)),
    ("health_check_interval_s", 1.0, 4.0, when("target_unnamed"), UP, named(ONE_DIES)),
    ("health_check_timeout_ms", 100.0, 4_000.0, when("target_unnamed"), UP, named(ONE_DIES, health_check_interval_s=5.0)),
    ("unhealthy_threshold", 1, 5, when("target_unnamed"), UP, named(ONE_DIES, **CHECKED)),
    ("healthy_threshold", 1, 5, when("target_named"), UP, named(ONE_RETURNS, health_check_interval_s=1.0)),
    ("price_per_million_requests", 0.2, 0.8, cost("dns", "requests"), UP, named()),
)  # fmt: skip


def asked_by(kind: str) -> Document:
    document = named(ttl_s=10.0)
    document["components"]["clients"] = part(kind, arrival_rate_per_s=50.0)
    return document


RESOLVERS = [
    *rows("clients", "clients", ("resolvers", 2, 50, of("dns", "done"), UP, asked_by("clients"))),
    *rows("mobile_clients", "clients", ("resolvers", 2, 50, of("dns", "done"), UP, asked_by("mobile_clients"))),
]
LINK = rows(
    "link", "dns-two",
    ("weight", 0.1, 2.0, of("two", "done"), UP, named(policy="weighted_random")),
    ("priority", 1, 3, of("two", "done"), DOWN, named(policy="failover")),
)  # fmt: skip


# -- CDN
def delivered(faults: list[Document] | None = None, clients: Document | None = None, **cdn: Any) -> Document:
    """Users in London and in Tokyo who load files; the origin is in London, another one in Sydney."""
    files = {"static_share": 1.0, "static_objects": 200, "arrival_rate_per_s": 100.0, "retries": 0} | (clients or {})
    parts = {
        "here": part("region", location="london"), "there": part("region", location="tokyo"), "far": part("region", location="sydney"),
        "clients": inside("here", part("clients", **files)), "others": inside("there", part("clients", **files)),
        "cdn": part("cdn", **({"locations": ["london", "tokyo"]} | cdn)),
        "server": inside("here", part("server")), "another": inside("far", part("server")),
    }  # fmt: skip
    links = [link("clients", "cdn"), link("others", "cdn"), link("cdn", "server"), link("cdn", "another")]
    return design(parts, links, 20.0 if faults else 5.0, faults)


def point_dies(number: int) -> list[Document]:
    fault = kill("cdn", 2.0)
    fault["arguments"]["instance"] = number
    return [fault]


LARGE = {"static_response_kb": 2_000.0}
ORIGINS_DIE = [kill("server", 2.0), kill("another", 2.0)]

CDN = rows(
    "cdn", "cdn",
    ("locations", ["london"], ["london", "tokyo"], mean_ms, DOWN, delivered()),
    ("capacity_gb", 0.001, 1.0, of("cdn", "hit_ratio"), UP, delivered()),
    ("ttl_s", 0.2, 100.0, of("cdn", "hit_ratio"), UP, delivered()),
    ("stale_if_error", False, True, of("clients", "failed"), DOWN, delivered(ORIGINS_DIE, ttl_s=1.0)),
    ("collapse", False, True, of("server", "done"), DOWN, delivered(clients={"static_objects": 2} | LARGE, ttl_s=0.5)),
    ("shield", False, True, of("cdn", "origin_per_s"), DOWN, delivered(shield_location="london")),
    ("shield_location", "london", "sao_paulo", mean_ms, UP, delivered(shield=True)),
    ("origin_policy", "latency", "round_robin", mean_ms, UP, delivered()),
    ("processing_ms", 0.5, 20.0, mean_ms, UP, delivered()),
    ("servers", 1, 100, mean_ms, DOWN, delivered(processing_ms=12.0)),
    ("object_kb", 1.0, 100.0, of("cdn", "traffic_out_mbit_s"), UP, delivered(clients={"static_response_kb": 0.0})),
    ("reroute_s", 1.0, 10.0, of("clients", "failed"), UP, delivered(point_dies(1))),
    ("price_per_gb_out", 0.02, 0.1, cost("cdn", "traffic"), UP, delivered()),
    ("price_per_million_requests", 0.5, 1.0, cost("cdn", "requests"), UP, delivered()),
)  # fmt: skip


EXPERIMENTS: list[Experiment] = [*CDN, *REGION, *DNS, *RESOLVERS, *LINK]
