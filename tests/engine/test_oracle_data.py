"""Engine and oracle on the same designs of data and messaging: their numbers agree within the replications' confidence intervals.

A few of the designs in every run of the tests, all of them in the long one.
"""

from typing import Any

import pytest
from hypothesis import given, settings

from sim_engine import Run
from tests.engine.oracle import cases_data, cases_stores
from tests.engine.oracle.agreement import Sample, disagreements, sample
from tests.engine.oracle.basics import Steps
from tests.engine.oracle.designs import Document
from tests.engine.oracle.random_stores import data_designs
from tests.engine.oracle.shards import ShardRouter
from tests.engine.oracle.world import World, simulate
from tests.engine.support import go, set_value
from tests.engine.test_oracle_agrees import as_oracle_reports, engine, oracle
from tests.engine.test_oracle_random import DESIGNS

CASES = cases_data.CASES | cases_stores.CASES
QUICK = (
    "life from the last use, with jitter",
    "written back and lost",
    "single flight",
    "replicas and a small buffer",
    "semi-synchronous with two",
    "reads that ask every shard",
    "a node of three is killed",
    "a log that is flushed each second",
    "reads mend old copies",
    "object storage has no connection left",
    "dead letters",
    "the broker is killed and has flushed",
    "a member of a group is killed",
)
BY_HASH = ("shards by a ring", "shards by remainder", "reads that ask every shard", "a shard is killed")
"""What a single shard has depends on the hash, and the two have different ones."""


def whole(found: Sample) -> Sample:
    return {name: values for name, values in found.items() if not name.startswith("shard-")}


@pytest.mark.parametrize("name", QUICK)
def test_agree(name: str) -> None:
    assert not disagreements(engine(CASES[name], range(100, 112)), oracle(CASES[name], range(10, 15)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    ours, theirs = engine(CASES[name], range(200, 400)), oracle(CASES[name], range(60))
    assert not disagreements(*(whole(each) if name in BY_HASH else each for each in (ours, theirs)), level=1e-4)


@settings(DESIGNS, max_examples=3)
@given(data_designs())
def test_agree_on_any(document: Document) -> None:
    assert not disagreements(engine(document, range(100, 112)), oracle(document, range(10, 15)), level=1e-5)


@pytest.mark.slow
@settings(DESIGNS, max_examples=150)
@given(data_designs())
def test_agree_on_many(document: Document) -> None:
    assert not disagreements(engine(document, range(100, 140)), oracle(document, range(10, 26)), level=1e-6)


CHANGE_AT_S = 1.5


def resharded_by_engine(document: Document, sharding: str, seed: int) -> dict[str, Any]:
    run = Run(document, seed=seed)
    go(run, CHANGE_AT_S)
    set_value(run, "router", "sharding", sharding)
    go(run)
    return as_oracle_reports(run.summary())


def resharded_by_oracle(document: Document, sharding: str, seed: int) -> dict[str, Any]:
    def change(world: World) -> Steps[None]:
        yield world.env.timeout(CHANGE_AT_S)
        router = world.parts["router"][0]
        assert isinstance(router, ShardRouter)
        router.change_rule(sharding)

    return simulate(document, seed, document["scenarios"]["steady"]["duration_s"], meanwhile=change)


def test_keys_move_while_they_are_used() -> None:
    """Two thirds of the keys go elsewhere, in batches that hold up the requests."""
    document = cases_stores.sharded(traffic={"keys": 1500}, sharding="range", move_batch=80, move_pause_ms=20.0)
    ours = sample(resharded_by_engine(document, "modulo", seed) for seed in range(12))
    theirs = sample(resharded_by_oracle(document, "modulo", seed) for seed in range(5))
    assert not disagreements(ours, theirs)
