"""Engine and oracle on the same designs: their numbers agree within the replications' confidence intervals."""

from typing import Any

import pytest

from tests.engine.oracle import simulate
from tests.engine.oracle.agreement import Sample, disagreements, sample
from tests.engine.oracle.cases import CASES
from tests.engine.oracle.designs import Document
from tests.engine.theory.observe import run_engine

LIKE = {
    "lognormal service": "hyperexponential service",
    "the program takes most of the memory": "memory is scarce",
    "event loops and few cores": "one event loop",
    "one event loop with data of its own": "two servers with data of their own",
    "retries with backoff": "retries with jitter after timeouts",
    "traffic that moves": "bursts, and traffic that moves",
    "servers in a row": "pool held across calls",
    "services at once": "services at once and one is killed",
    "power of two": "best of three",
    "instances whose machines are lost": "a machine is lost",
    "many writes": "time to live",
    "shipped at once": "replication lag",
}
"""Designs that show little more than another one does: only the long test has them."""
QUICK = [name for name in CASES if name not in LIKE]
ENGINE_SEEDS = range(100, 124)
ORACLE_SEEDS = range(30, 42)


def as_oracle_reports(summary: dict[str, Any]) -> dict[str, Any]:
    """The engine's summary in the oracle's words: what was dropped has failed, losses and lags are the databases'."""
    components = {}
    for name, report in summary["components"].items():
        if report["kind"] not in ("clients", "note"):
            metrics = report["metrics"]
            components[name] = report | {"failed": report["failed"] + report["dropped"]}
            components[name] |= {figure: metrics[figure] for figure in ("dead_letters", "messages_lost") if figure in metrics}
            if metrics.get("lag_ms") is not None and report.get("applied"):
                components[name]["lag_ms"] = metrics["lag_ms"]
    lost = sum(report["metrics"].get("writes_lost") or 0 for report in components.values())
    return summary | {"components": components, "writes_lost": lost}


def engine(document: Document, seeds: range) -> Sample:
    return sample(as_oracle_reports(run_engine(document, seed, tick_s=1.0).summary) for seed in seeds)


def oracle(document: Document, seeds: range) -> Sample:
    until = document["scenarios"]["steady"]["duration_s"]
    return sample(simulate(document, seed, until) for seed in seeds)


@pytest.mark.parametrize("name", QUICK)
def test_agree(name: str) -> None:
    assert not disagreements(engine(CASES[name], ENGINE_SEEDS), oracle(CASES[name], ORACLE_SEEDS))


def test_what_is_left_out_has_its_like() -> None:
    assert set(LIKE) <= set(CASES) and set(LIKE.values()) <= set(QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    assert not disagreements(engine(CASES[name], range(200, 500)), oracle(CASES[name], range(60)), level=1e-4)
