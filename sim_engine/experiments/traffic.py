"""Experiments for clients of both kinds, and for the call policies of links."""

import copy
from typing import Any

from sim_engine.catalogue.classes import CLASS_NAMES, CLASSES
from sim_engine.components import KINDS
from sim_engine.experiments.basics import CLIENTS as CLIENTS_BEFORE
from sim_engine.experiments.designs import broken, cached, pair, with_link
from sim_engine.experiments.drawing import Document, design, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, heavy_tails, rows
from sim_engine.experiments.figures import COUNTS, Figure, arrived, dropped, hits, mean_ms, of, p99_ms, retries, stale, waited_ms
from sim_engine.experiments.stores import nodes

WEB, APP = KINDS["clients"], KINDS["mobile_clients"]


# -- figures
def of_class(name: str, count: str) -> Figure:
    title = next(known.title for known in CLASSES if known.name == name)
    words = {"count": COUNTS[count], "name": title}
    return Figure("{count}: {name}", lambda summary: summary.get("classes", {}).get(name, {}).get(count, 0), words=words)


# -- designs
def viewing(**clients: Any) -> Document:
    """Clients that view small pages."""
    pages = {"behaviour": "page_views", "assets_per_page": 2.0, "calls_per_page": 2.0, "reading_time_s": 0.2}
    return pair(10.0, pages | clients)


def only(name: str, **of_it: Any) -> Document:
    """Nothing but small requests of one class, to one server."""
    plain = {"cost": 1.0} | ({"request_kb": 1.0} if name in ("upload", "background") else {})
    clients = {f"{name}_{parameter}": value for parameter, value in (plain | of_it).items()} | {"access_mbit_s": 8.0, "read_ratio": 1.0}
    if name == "write":
        clients["read_ratio"] = 0.0
    elif name != "read":
        clients[f"{name}_share"] = 1.0
    return pair(50.0, clients)


def worked_on(name: str) -> Document:
    """Files, too, are made by the code of the server."""
    document = only(name)
    document["components"]["server"]["parameters"]["serves_static"] = False
    return document


def delivered(**cdn: Any) -> Document:
    """Nothing but files, from a place of a CDN."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=200.0, static_share=1.0),
        "cdn": part("cdn", **cdn),
        "server": part("server"),
    }
    return design(parts, [link("clients", "cdn"), link("cdn", "server")], 5.0)


def overloaded() -> Document:
    return pair(300.0, {"read_deadline_ms": 200.0, "write_deadline_ms": 200.0}, cores=1, queue_limit=10_000)


def hit_by(name: str) -> Document:
    """Reads through a cache, beside many requests of a class."""
    return cached({f"{name}_share": 0.6})


CLIENTS = rows(
    "clients", "clients",
    ("behaviour", "single", "page_views", arrived, UP, pair(20.0)),
    ("retry_budget", 0.05, 1.0, retries, UP, broken(retries=3)),
    ("hedge_after_ms", 0.0, 5.0, of("clients", "hedges_per_s"), UP, pair()),
    ("propagate_deadline", False, True, of("server", "failed"), UP, overloaded()),
    ("pages_per_visit", 1.0, 5.0, arrived, UP, viewing()),
    ("reading_time_s", 0.1, 3.0, arrived, DOWN, viewing(pages_per_visit=5.0)),
    ("document", True, False, of_class("page", "arrived"), DOWN, viewing()),
    ("assets_per_page", 1.0, 10.0, of_class("static", "arrived"), UP, viewing()),
    ("calls_per_page", 1.0, 10.0, of_class("read", "arrived"), UP, viewing()),
    ("connections", 1, 6, of("clients", "page_load_ms"), DOWN, viewing(assets_per_page=12.0)),
    ("access_latency_ms", 0.0, 50.0, mean_ms, UP, pair()),
    ("access_mbit_s", 1.0, 100.0, mean_ms, DOWN, pair()),
    ("static_objects", 20, 2_000, of("cdn", "hit_ratio"), DOWN, delivered()),
    ("static_zipf", 0.0, 1.3, of("cdn", "hit_ratio"), UP, delivered(capacity_gb=0.001)),
    ("static_change_s", 0.0, 0.2, stale, UP, delivered()),
)  # fmt: skip


def class_rows(name: str) -> list[Experiment]:
    """For each parameter of a class that there is."""
    writes = name in ("write", "upload", "background")
    sized = {"request_kb": 50.0} if name in ("upload", "background") else {} if writes else {"response_kb": 50.0}
    spread = only(name, **sized)
    spread["components"]["clients"]["parameters"]["request_kb"] = 50.0
    tried = {
        "share": (0.0, 0.5, of_class(name, "arrived"), UP, pair()),
        "request_kb": (1.0, 100.0, mean_ms, UP, only(name)),
        "response_kb": (1.0, 100.0, mean_ms, UP, only(name)),
        "size_cv": (0.0, 2.0, p99_ms, UP, spread),
        "cost": (0.5, 5.0, mean_ms, UP, worked_on(name)),
        "deadline_ms": (8.0, 5_000.0, of_class_or_all(name), DOWN, only(name)),
        "zipf": (0.0, 1.3, hits, DOWN if writes else UP, hit_by(name)),
    }
    declared = {parameter.name for parameter in WEB.parameters}
    if name == "static":  # which no cache between servers holds
        del tried["zipf"]
    given = [(f"{name}_{parameter}", *row) for parameter, row in tried.items() if f"{name}_{parameter}" in declared]
    return rows("clients", "clients", *given)


def of_class_or_all(name: str) -> Figure:
    """Requests of a class that came too late; when it is the only one, all that failed."""
    late = of_class(name, "late")
    return Figure(COUNTS["late"], lambda summary: late(summary) if "classes" in summary else summary["errors"].get("deadline", 0))


FORGETFUL = nodes(write_consistency=1, writes_to="enough", read_repair=0.0)
CLIENTS += rows("clients", "clients", ("stale_versions", 1, 3, stale, DOWN, FORGETFUL))
CLIENTS += [experiment for name in CLASS_NAMES for experiment in class_rows(name)]


def by_app(experiment: Experiment) -> Experiment:
    """The same experiment with the app's clients, set to what is particular to the web's where the experiment does not say."""
    document = copy.deepcopy(experiment.design)
    clients = document["components"]["clients"]
    own = APP.defaults()
    clients["parameters"] = {name: value for name, value in WEB.defaults().items() if own[name] != value} | clients["parameters"]
    clients["kind"] = APP.kind
    return Experiment(
        APP.kind,
        experiment.parameter,
        experiment.one,
        experiment.other,
        experiment.figure,
        experiment.direction,
        document,
        experiment.target,
        experiment.commands,
    )


LINK = rows(
    "link", "clients-server",
    ("retries", 0, 3, retries, UP, broken()),
    ("backoff_ms", 10.0, 300.0, waited_ms, UP, with_link(broken(), retries=2)),
    ("backoff_factor", 1.0, 4.0, waited_ms, UP, with_link(broken(), retries=3, backoff_ms=20.0)),
    ("backoff_jitter", False, True, waited_ms, DOWN, with_link(broken(), retries=2)),
    ("retry_budget", 0.05, 1.0, retries, UP, with_link(broken(), retries=3)),
    ("hedge_after_ms", 0.0, 5.0, of("clients", "hedges_per_s"), UP, pair()),
    ("breaker_failures", 0, 5, of("server", "refused"), DOWN, broken()),
    ("breaker_open_s", 0.2, 10.0, of("server", "refused"), DOWN, with_link(broken(), breaker_failures=5)),
    ("breaker_probes", 1, 20, of("server", "arrived"), UP,
     with_link(broken("machine", timeout_ms=500.0), breaker_failures=5, breaker_open_s=0.5)),
    ("bulkhead", 1, 100, dropped, DOWN, pair()),
    ("handshake_round_trips", 0.0, 2.0, mean_ms, UP, with_link(pair(), latency_ms=10.0)),
    ("first_window_kb", 2.0, 50.0, mean_ms, DOWN, with_link(pair(), latency_ms=10.0)),
    ("window_kb", 2.0, 50.0, mean_ms, DOWN, with_link(pair(), latency_ms=10.0)),
)  # fmt: skip

LINK += heavy_tails("link", "clients-server", "latency", (p99_ms, p99_ms), with_link(pair(), latency_ms=20.0))

EXPERIMENTS: list[Experiment] = [*CLIENTS, *(by_app(experiment) for experiment in (*CLIENTS_BEFORE, *CLIENTS)), *LINK]
