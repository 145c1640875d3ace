"""Engine and oracle on the same designs of data and messaging: their numbers agree within the replications' confidence intervals.

A few of the designs in every run of the tests, all of them in the long one.
"""

import pytest

from tests.engine.oracle import cases_data, cases_stores
from tests.engine.oracle.agreement import disagreements
from tests.engine.test_oracle_agrees import engine, oracle

CASES = cases_data.CASES | cases_stores.CASES
QUICK = (
    "least often used",
    "life from the last use, with jitter",
    "written back and lost",
    "single flight",
    "replicas and a small buffer",
    "semi-synchronous and a replica is killed",
    "reads that ask every shard",
    "a node of three is killed",
    "a log that is flushed each second",
    "dead letters",
    "the broker is killed and has flushed",
    "a topic with a full queue",
    "a member of a group is killed",
)


@pytest.mark.parametrize("name", QUICK)
def test_agree(name: str) -> None:
    assert not disagreements(engine(CASES[name], range(100, 112)), oracle(CASES[name], range(10, 15)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    assert not disagreements(engine(CASES[name], range(200, 400)), oracle(CASES[name], range(60)), level=1e-4)
