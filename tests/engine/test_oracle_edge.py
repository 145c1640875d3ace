"""Engine and oracle on what lies between users and data: their numbers agree within the replications' confidence intervals."""

import pytest

from tests.engine.oracle.agreement import disagreements
from tests.engine.oracle.edge_cases import EDGE_CASES, QUICK
from tests.engine.test_oracle_agrees import engine, oracle


@pytest.mark.parametrize("name", QUICK)
def test_agree(name: str) -> None:
    assert not disagreements(engine(EDGE_CASES[name], range(100, 112)), oracle(EDGE_CASES[name], range(10, 16)))


@pytest.mark.slow
@pytest.mark.parametrize("name", EDGE_CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    assert not disagreements(engine(EDGE_CASES[name], range(200, 500)), oracle(EDGE_CASES[name], range(60)), level=1e-4)
