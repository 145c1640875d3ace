"""Engine and oracle on the same designs of data and messaging: their numbers agree within the replications' confidence intervals.

A few of the designs in every run of the tests, all of them in the long one.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from sim_engine import Run
from tests.engine.oracle import cases_clusters, cases_data, cases_faults, cases_stores
from tests.engine.oracle.agreement import Sample, disagreements, sample
from tests.engine.oracle.basics import Steps
from tests.engine.oracle.designs import Document, kill
from tests.engine.oracle.random_stores import data_designs
from tests.engine.oracle.shards import ShardRouter
from tests.engine.oracle.world import World, simulate
from tests.engine.support import go, set_value
from tests.engine.test_oracle_agrees import as_oracle_reports, engine, oracle
from tests.engine.test_oracle_random import DESIGNS

CASES = cases_data.CASES | cases_stores.CASES | cases_clusters.CASES | cases_faults.CASES
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
    "what is written is put, and the least used go",
    "written back over a database that fails",
    "an election that loses writes, and old reads",
    "four members and two are lost",
    "two primaries",
    "two primaries and the first dies",
    "the majority takes over",
    "a key-value primary comes back replaced",
    "the disk of a replica that is waited for is full",
    "connections leak twice",
    "a key becomes hotter",
    "replication is stopped",
    "consumers get nothing and the queue is full",
    "poison",
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


def changed_in_engine(document: Document, change: Callable[[Run], None], seed: int) -> dict[str, Any]:
    run = Run(document, seed=seed)
    go(run, CHANGE_AT_S)
    change(run)
    go(run)
    return as_oracle_reports(run.summary())


def changed_in_oracle(document: Document, begin: int, change: Callable[[ShardRouter], None], seed: int) -> dict[str, Any]:
    """begin: how many of the shards are there at first."""

    def life(world: World) -> Steps[None]:
        router = world.parts["router"][0]
        assert isinstance(router, ShardRouter)
        router.begin_with(begin)
        yield world.env.timeout(CHANGE_AT_S)
        change(router)

    return simulate(document, seed, document["scenarios"]["steady"]["duration_s"], meanwhile=life)


def without_last(document: Document, shards: int) -> Document:
    """The same design with one shard less."""
    last = f"shard-{shards - 1}"
    components = {name: part for name, part in document["components"].items() if not name.startswith(last)}
    links = {name: link for name, link in document["links"].items() if last not in name}
    return document | {"components": components, "links": links}


def grows(document: Document, shards: int, seeds: range, oracle_seeds: range) -> tuple[Sample, Sample]:
    """One shard more than there were."""
    small = without_last(document, shards)
    ours = [changed_in_engine(small, lambda run: redesign(run, document), seed) for seed in seeds]
    theirs = [changed_in_oracle(document, shards - 1, lambda router: router.use(shards), seed) for seed in oracle_seeds]
    return sample(ours), sample(theirs)


def shrinks(document: Document, shards: int, seeds: range, oracle_seeds: range) -> tuple[Sample, Sample]:
    """One shard less; what happened there before nobody reports."""
    small = without_last(document, shards)
    ours = sample(changed_in_engine(document, lambda run: redesign(run, small), seed) for seed in seeds)
    theirs = sample(changed_in_oracle(document, shards, lambda router: router.use(shards - 1), seed) for seed in oracle_seeds)
    return ours, {name: values for name, values in theirs.items() if not name.startswith(f"shard-{shards - 1}")}


def redesign(run: Run, document: Document) -> None:
    run.command({"action": "design", "design": document})


def resharded(sharding: str, **more: Any) -> Document:
    """With so many keys that every hash gives every shard nearly the same, in batches that hold up the requests."""
    traffic = {"keys": 1500, "read_ratio": 0.6} | more.pop("traffic", {})
    return cases_stores.sharded(traffic=traffic, sharding=sharding, move_batch=80, move_pause_ms=20.0, **more)


def spilling(document: Document, gigabytes: float) -> Document:
    """Each shard has memory for a part of its keys only."""
    for name, part in document["components"].items():
        if name.startswith("shard-"):
            part["parameters"] |= {"buffer_gb": gigabytes, "data_gb": 10.0, "disk_read_ms": 20.0}
    return document


def test_keys_move_while_they_are_used() -> None:
    """Two thirds of the keys go elsewhere, in batches that hold up the requests."""
    document = resharded("range")
    ours = sample(changed_in_engine(document, lambda run: set_value(run, "router", "sharding", "modulo"), seed) for seed in range(12))
    theirs = sample(changed_in_oracle(document, 3, lambda router: router.change_rule("modulo"), seed) for seed in range(5))
    assert not disagreements(ours, theirs)


GROWING: dict[str, Document] = {
    "by ranges": resharded("range"),
    "by remainder": resharded("modulo"),
    "by a ring": resharded("consistent_hash"),
    "what moves is not in memory": spilling(resharded("modulo", traffic={"zipf_exponent": 1.0}), 2.0),
    "reads that ask every shard": resharded("modulo", scatter_ratio=0.3),
    "one of them dies meanwhile": resharded("modulo", faults=[kill("shard-0", 1.7, for_s=0.8)]),
}


def agree(name: str, found: tuple[Sample, Sample], level: float) -> list[str]:
    """What a single shard has on a ring depends on the hash."""
    return disagreements(*(whole(each) if name == "by a ring" else each for each in found), level=level)


@pytest.mark.parametrize("name", ["by ranges", "what moves is not in memory"])
def test_a_shard_comes_under_traffic(name: str) -> None:
    assert not agree(name, grows(GROWING[name], 3, range(12), range(5)), 0.001)


def test_a_shard_goes_under_traffic() -> None:
    assert not agree("by remainder", shrinks(GROWING["by remainder"], 3, range(12), range(5)), 0.001)


@pytest.mark.slow
@pytest.mark.parametrize("name", GROWING)
def test_shards_come_closely(name: str) -> None:
    assert not agree(name, grows(GROWING[name], 3, range(200), range(40)), 1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["by ranges", "by remainder", "by a ring", "what moves is not in memory", "reads that ask every shard"])
def test_shards_go_closely(name: str) -> None:
    assert not agree(name, shrinks(GROWING[name], 3, range(200), range(40)), 1e-4)
