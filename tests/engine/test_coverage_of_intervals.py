"""Do 95 % intervals hold the truth 95 % of the time? Two hundred runs with known answers say.

The band of 90 to 99.5 % is what two hundred runs of an honest interval stay inside of 99.9 times in a hundred.
"""

import itertools
from dataclasses import dataclass
from math import factorial
from typing import Any

import pytest

from tests.engine.oracle.designs import Document, design, link, part, station
from tests.engine.theory.observe import run_engine

RUNS = 200
FRAMES = 60
RATE = 1000.0


def requests(load: float) -> int:
    """A queue forgets in about 1/(1 − ρ)² service times; a run must be many times longer."""
    return round(4000 / (1 - load) ** 2)


@dataclass(frozen=True)
class Known:
    """A design and the mean latency that its clients see in the long run."""

    name: str
    document: Document
    latency_ms: float


def single(load: float, cores: int = 1) -> Known:
    """M/M/c at this load; Erlang's C gives the share that waits."""
    offered, service_ms = load * cores, 1000 * load * cores / RATE
    last = offered**cores / factorial(cores) / (1 - load)
    waits = last / (sum(offered**k / factorial(k) for k in range(cores)) + last)
    latency = service_ms + waits * service_ms / cores / (1 - load)
    document = station(RATE, requests(load), cores=cores, service_ms=service_ms)
    return Known(f"M/M/{cores} at {load}", document, latency)


def tandem(load: float) -> Known:
    """Three M/M/1 in a row."""
    service_ms = 1000 * load / RATE
    parts = {"clients": part("clients", arrival_rate_per_s=RATE)}
    parts |= {f"stage-{i}": part("server", service_ms=service_ms) for i in range(3)}
    links = [link(source, target) for source, target in itertools.pairwise(parts)]
    return Known(f"tandem at {load}", design(parts, links, 2 * requests(load) / RATE), 3 * service_ms / (1 - load))


def holds(known: Known, seed: int) -> bool:
    duration = known.document["scenarios"]["steady"]["duration_s"]
    steady: dict[str, Any] | None = run_engine(known.document, seed, tick_s=max(0.1, duration / FRAMES)).summary["steady"]
    assert steady is not None, "the run is long enough for an interval"
    interval = steady["intervals"]["latency_ms.mean"]
    return abs(interval["value"] - known.latency_ms) <= interval["half_width"]


def check(known: Known) -> None:
    share = sum(holds(known, seed) for seed in range(RUNS)) / RUNS
    assert 0.90 <= share <= 0.995, f"{known.name}: {share:.1%} of the intervals hold {known.latency_ms:.4g} ms"


def test_single_server() -> None:
    """The quick one: 50 runs stay above 41 with 99.9 % when the interval is honest."""
    known = single(0.5)
    assert sum(holds(known, seed) for seed in range(50)) >= 41


@pytest.mark.slow
@pytest.mark.parametrize(
    "known", [single(0.5), single(0.8), single(0.9), single(0.8, 4), single(0.9, 4), tandem(0.5), tandem(0.8)], ids=lambda k: k.name
)
def test_others(known: Known) -> None:
    check(known)
