"""The same queueing networks in Ciw: means agree within the confidence intervals of the replications.

Both start empty and stop at the same time, so both are compared while they fill up, and nothing has to settle.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import ciw
import pytest

from tests.engine.oracle.agreement import disagreements
from tests.engine.oracle.designs import Document, design, link, part
from tests.engine.theory.observe import run_engine

SECONDS = 20.0
RATE = 20.0
CIW_SEEDS = range(12)
ENGINE_SEEDS = range(40)
Law = tuple[str, Callable[[float], Any]]
LAWS: dict[str, Law] = {
    "exponential": ("exponential", lambda mean: ciw.dists.Exponential(1 / mean)),
    "constant": ("constant", lambda mean: ciw.dists.Deterministic(mean)),
    "erlang": ("erlang", lambda mean: ciw.dists.Erlang(4 / mean, 4)),
}


@dataclass(frozen=True)
class Stage:
    servers: int
    mean_s: float
    law: str = "exponential"
    waiting: int | None = None
    """How many may wait at most; None is without limit."""


NETWORKS = {
    "M/M/1": [Stage(1, 0.04)],
    "M/M/3": [Stage(3, 0.13)],
    "M/D/2": [Stage(2, 0.08, "constant")],
    "M/E4/1": [Stage(1, 0.035, "erlang")],
    "M/M/2/5": [Stage(2, 0.12, waiting=3)],
    "tandem": [Stage(1, 0.03), Stage(2, 0.08), Stage(1, 0.04, "constant")],
}


def as_design(stages: list[Stage]) -> Document:
    parts = {"clients": part("clients", arrival_rate_per_s=RATE)}
    for number, stage in enumerate(stages):
        bound = {} if stage.waiting is None else {"workers": stage.servers, "queue_limit": stage.waiting}
        law = {"service_distribution": stage.law, "service_cv": 0.5}
        parts[f"stage-{number}"] = part("server", cores=stage.servers, service_ms=stage.mean_s * 1000, **law, **bound)
    links = [link(source, target) for source, target in itertools.pairwise(parts)]
    return design(parts, links, SECONDS)


def in_engine(document: Document, seed: int) -> dict[str, float]:
    summary = run_engine(document, seed, tick_s=10.0).summary
    return {
        "done": summary["requests"]["done"],
        "dropped": summary["requests"]["dropped"],
        "latency_s": summary["latency_ms"]["mean"] / 1000,
    }


def as_network(stages: list[Stage]) -> Any:
    count = len(stages)
    room = [float("inf") if stage.waiting is None else stage.waiting for stage in stages]
    return ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(RATE), *[None] * (count - 1)],
        service_distributions=[LAWS[stage.law][1](stage.mean_s) for stage in stages],
        number_of_servers=[stage.servers for stage in stages],
        queue_capacities=room,
        routing=[[float(j == i + 1) for j in range(count)] for i in range(count)],
    )


def in_ciw(stages: list[Stage], seed: int) -> dict[str, float]:
    ciw.seed(seed)
    simulation = ciw.Simulation(as_network(stages))
    simulation.simulate_until_max_time(SECONDS)
    records = simulation.get_all_records()
    ends: dict[int, float] = {r.id_number: r.exit_date for r in records if r.node == len(stages) and r.service_time > 0}
    begins = {r.id_number: r.arrival_date for r in records if r.node == 1}
    latencies = [end - begins[who] for who, end in ends.items()]
    dropped = sum(1 for r in records if r.record_type == "rejection")
    return {"done": len(latencies), "dropped": dropped, "latency_s": fmean(latencies)}


def columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


@pytest.mark.parametrize("name", NETWORKS)
def test_agree(name: str) -> None:
    document = as_design(NETWORKS[name])
    ours = columns([in_engine(document, seed) for seed in ENGINE_SEEDS])
    theirs = columns([in_ciw(NETWORKS[name], seed) for seed in CIW_SEEDS])
    assert not disagreements(ours, theirs)
