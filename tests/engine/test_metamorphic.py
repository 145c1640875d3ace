"""What must not change, or may change one way only, when a design changes: no formula needed.

The engine keys its luck by component, purpose and request, so both sides of a comparison see the same arrivals and the
same service times, and the relations hold run by run, not on average.
"""

import copy
import json
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.engine.oracle.designs import Document, design, link, part, station
from tests.engine.oracle.random_designs import designs
from tests.engine.theory.observe import Summary, run_engine

FEW = settings(max_examples=10, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
ROUNDING = 1e-9
LAWS = st.sampled_from(["constant", "exponential", "lognormal", "hyperexponential"])


def summary(document: Document, seed: int) -> Summary:
    return run_engine(document, seed, tick_s=10.0).summary


def frames(document: Document, seed: int) -> list[Any]:
    return run_engine(document, seed, tick_s=1.0, keep=without_texts).kept


def without_texts(frame: dict[str, Any]) -> str:
    """A frame as bytes, without the labels in its texts and without the real time that its summary tells."""
    events = [{k: v for k, v in event.items() if k not in ("text", "arguments")} for event in frame["events"]]
    bare = {**frame, "events": events, "incidents": [nameless(incident) for incident in frame.get("incidents", [])]}
    if "summary" in bare:
        parts = bare["summary"]["components"].items()
        unlabelled = {name: {k: v for k, v in report.items() if k != "label"} for name, report in parts}
        losses = [nameless(incident) for incident in bare["summary"]["incidents"]]
        bare["summary"] = {k: v for k, v in bare["summary"].items() if k != "wall_s"} | {"components": unlabelled, "incidents": losses}
    return json.dumps(bare, sort_keys=True)


def nameless(incident: dict[str, Any]) -> dict[str, Any]:
    """A story without the labels in it."""
    causes = [{k: v for k, v in cause.items() if k not in ("text", "arguments")} for cause in incident["causes"]]
    noticed = incident["noticed"] and {k: v for k, v in incident["noticed"].items() if k != "label"}
    return {k: v for k, v in incident.items() if k != "label"} | {"causes": causes, "noticed": noticed}


@FEW
@given(st.integers(1, 6), st.floats(0.3, 1.2), LAWS, st.integers(1, 99))
def test_more_cores_never_make_waits_worse(cores: int, load: float, law: str, seed: int) -> None:
    document = station(100.0 * load * cores, 4000, cores=cores, service_distribution=law, service_cv=2.0)
    wider = station(100.0 * load * cores, 4000, cores=cores + 1, service_distribution=law, service_cv=2.0)
    less, more = summary(document, seed), summary(wider, seed)
    assert more["requests"]["arrived"] == less["requests"]["arrived"]
    assert more["requests"]["done"] >= less["requests"]["done"]
    queues = [side["components"]["server"]["queue_mean"] for side in (more, less)]
    assert queues[0] <= queues[1] + ROUNDING


@FEW
@given(st.integers(1, 8), st.floats(0.5, 2.0), LAWS, st.integers(1, 99))
def test_more_servers_never_lose_more(servers: int, load: float, law: str, seed: int) -> None:
    def lost(count: int) -> int:
        document = station(100.0 * load * servers, 4000, cores=count, workers=count, queue_limit=0,
                           service_distribution=law, service_cv=2.0)  # fmt: skip
        return int(summary(document, seed)["requests"]["dropped"])

    assert lost(servers + 1) <= lost(servers)


def slower(document: Document, factor: float) -> Document:
    """All times times a factor, all rates divided by it."""
    scaled = copy.deepcopy(document)
    for entry in [*scaled["components"].values(), *scaled["links"].values()]:
        for name, value in entry["parameters"].items():
            if name.endswith(("_ms", "_s")) and not name.endswith(("mbit_s", "per_s")):
                entry["parameters"][name] = value * factor
            elif name.endswith(("mbit_s", "per_s")):
                entry["parameters"][name] = value / factor
    for scenario in scaled["scenarios"].values():
        scenario["duration_s"] *= factor
        for event in [*scenario["traffic"], *scenario["faults"]]:
            event["at_s"] *= factor
            if event.get("for_s") is not None:
                event["for_s"] *= factor
    return scaled


def three_tiers() -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, timeout_ms=80.0, retries=1, backoff_ms=16.0, keys=64),
        "lb": part("load_balancer", policy="least_connections", processing_ms=0.5, health_check_interval_s=0.5),
        "one": part("server", service_ms=8.0, cores=2, workers=6, queue_limit=4),
        "two": part("server", service_ms=16.0, service_distribution="lognormal", service_cv=1.5),
        "cache": part("cache", operation_ms=0.25, capacity_keys=16, ttl_s=1.0),
        "db": part("sql_database", read_ms=4.0, write_ms=6.0),
    }
    links = [link("clients", "lb", latency_ms=2.0), link("lb", "one"), link("lb", "two", latency_ms=1.0)]
    links += [link(source, target, latency_ms=0.5) for source in ("one", "two") for target in ("cache", "db")]
    return design(parts, links, 8.0)


@FEW
@given(st.sampled_from([2.0, 4.0, 0.5]), st.integers(1, 99))
def test_scaling_all_times_scales_latencies(factor: float, seed: int) -> None:
    """A power of two, so that not even rounding differs; percentiles may move to another bucket of the histogram."""
    base, scaled = summary(three_tiers(), seed), summary(slower(three_tiers(), factor), seed)
    assert scaled["requests"] == base["requests"]
    assert scaled["errors"] == base["errors"]
    for name, value in base["latency_ms"].items():
        allowed = 0.001 / value + (0.02 if name.startswith("p") else 0.0)
        assert abs(scaled["latency_ms"][name] / (factor * value) - 1) <= allowed, name


@FEW
@given(designs(), st.randoms(use_true_random=False), st.integers(1, 99))
def test_labels_and_order_change_nothing(document: Document, luck: Any, seed: int) -> None:
    other = copy.deepcopy(document)
    for number, component in enumerate(other["components"].values()):
        component["label"] = f"Renamed {number}"
    for name in ("components", "links"):
        entries = list(other[name].items())
        luck.shuffle(entries)
        other[name] = dict(entries)
    assert frames(other, seed) == frames(document, seed)


@FEW
@given(st.integers(2, 200), st.integers(1, 200), st.floats(0.0, 1.3), st.integers(1, 99))
def test_a_larger_lru_never_hits_less(capacity: int, more: int, exponent: float, seed: int) -> None:
    def hits(keys_that_fit: int) -> float:
        parts = {
            "clients": part("clients", arrival_rate_per_s=1000.0, keys=300, zipf_exponent=exponent),
            "server": part("server", service_ms=0.0),
            "cache": part("cache", capacity_keys=keys_that_fit),
            "db": part("sql_database", read_ms=0.0),
        }
        links = [link("clients", "server"), link("server", "cache"), link("server", "db")]
        return float(summary(design(parts, links, 4.0), seed)["cache_hit_ratio"])

    assert hits(capacity + more) >= hits(capacity)


@FEW
@given(designs(), st.integers(1, 99))
def test_the_same_seed_gives_the_same_frames(document: Document, seed: int) -> None:
    assert frames(document, seed) == frames(document, seed)
