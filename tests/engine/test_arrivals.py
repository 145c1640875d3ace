"""When requests come: intervals of any distribution, on a clock that runs as fast as the rate."""

from statistics import fmean
from typing import Any

import pytest

from sim_engine import Run
from tests.engine.support import Document, design, go, link, part, play, set_value

FREE: Document = {"service_ms": 0.0, "cores": 1000, "workers": 10_000, "network_mbit_s": 0.0}
CLOCK: Document = {"arrival_distribution": "constant", "retries": 0, "timeout_ms": 1e6}


def coming(rate: float, duration_s: float, traffic: list[tuple[float, float]] | None = None, **clients: Any) -> Document:
    parts = {"clients": part("clients", arrival_rate_per_s=rate, **(CLOCK | clients)), "server": part("server", **FREE)}
    document = design(parts, [link("clients", "server", latency_ms=0.0)], duration_s)
    document["scenarios"]["only"]["traffic"] = [{"at_s": at_s, "multiplier": level} for at_s, level in traffic or []]
    return document


def arrived(run: Run) -> int:
    return int(run.summary()["requests"]["arrived"])


def sent_s(run: Run, component: str = "clients") -> list[float]:
    """When requests were sent; so few that each leaves a trace."""
    return [span["sent_s"] for frame in go(run) for span in frame["spans"] if span["component"] == component]


def test_constant_intervals_are_a_clock() -> None:
    assert sent_s(Run(coming(2.0, 2.2), seed=5)) == [0.5, 1.0, 1.5, 2.0]


def test_an_interval_is_used_up_as_fast_as_the_rate() -> None:
    """One a second; half a second into an interval the rate is doubled, so that a quarter of a second is left."""
    run = Run(coming(1.0, 2.9))
    run.command({"action": "tick", "tick_s": 0.5})
    go(run, 1.5)
    run.command({"action": "traffic", "multiplier": 2.0})
    assert sent_s(run) == [1.75, 2.25, 2.75]


def test_on_a_ramp_as_many_come_as_the_integral_of_the_rate() -> None:
    """From 10/s to 30/s in ten seconds, then none."""
    assert arrived(play(coming(10.0, 20.0, [(0.0, 1.0), (10.0, 3.0), (10.001, 0.0)]))) == 200


def test_another_distribution_holds_from_the_next_interval_on() -> None:
    run = Run(coming(1.0, 1_000.0))
    go(run, 1.0)
    set_value(run, "clients", "arrival_distribution", "hyperexponential")
    set_value(run, "clients", "arrival_cv", 3.0)
    run.command({"action": "tick", "tick_s": 1.0})
    counts = [frame["components"]["clients"]["arrived"] for frame in go(run)]
    assert counts[0] == 1
    assert max(counts) >= 4  # bursts
    assert sum(counts) == pytest.approx(1_000, rel=0.3)


@pytest.mark.parametrize(("distribution", "cv"), [("constant", 0.0), ("erlang", 0.5), ("hyperexponential", 2.0)])
def test_counts_spread_as_intervals_do(distribution: str, cv: float) -> None:
    """Variance over mean of the number that comes in a long time is the squared coefficient of variation of the intervals."""
    run = Run(coming(100.0, 1_000.0, arrival_distribution=distribution, arrival_cv=max(0.05, cv)))
    run.command({"action": "tick", "tick_s": 2.0})
    counts = [frame["components"]["clients"]["arrived"] for frame in go(run)]
    mean = fmean(counts)
    assert mean == pytest.approx(200, rel=0.02)
    assert fmean((count - mean) ** 2 for count in counts) / mean == pytest.approx(cv**2, rel=0.2, abs=0.01)


def test_visitors_come_like_single_requests() -> None:
    """A visit of one page that is nothing but one call, once a second."""
    pages = {"behaviour": "page_views", "document": False, "pages_per_visit": 1.0, "assets_per_page": 0.0, "calls_per_page": 1.0}
    assert sent_s(Run(coming(1.0, 3.2, **pages))) == [1.0, 2.0, 3.0]


def test_no_formula_for_poisson_arrivals_speaks_of_others() -> None:
    def theory(distribution: str) -> Any:
        document = coming(50.0, 200.0, arrival_distribution=distribution)
        document["components"]["server"]["parameters"] |= {"cores": 1, "service_ms": 10.0, "service_distribution": "exponential"}
        return play(document, tick_s=2.0).summary()["components"]["server"]["theory"]

    assert theory("exponential")["formula"].startswith("M/M/1")
    assert theory("constant")["none"] == "theory_not_exponential"


def test_a_scheduler_begins_after_one_interval() -> None:
    parts = {"clock": part("scheduler", interval_s=1.0, jobs=1), "server": part("server", **FREE)}
    run = Run(design(parts, [link("clock", "server")], 3.3), seed=3)
    assert sent_s(run, "clock") == [1.0, 2.0, 3.0]
