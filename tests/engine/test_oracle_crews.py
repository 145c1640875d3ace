"""Engine and oracle on instances that come and go: their numbers agree within the replications' confidence intervals."""

import pytest

from tests.engine.oracle.agreement import disagreements
from tests.engine.oracle.cases_crews import CREW_CASES, QUICK_CREWS
from tests.engine.test_oracle_agrees import engine, oracle


@pytest.mark.parametrize("name", QUICK_CREWS)
def test_agree(name: str) -> None:
    assert not disagreements(engine(CREW_CASES[name], range(100, 112)), oracle(CREW_CASES[name], range(10, 16)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CREW_CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    assert not disagreements(engine(CREW_CASES[name], range(200, 500)), oracle(CREW_CASES[name], range(60)), level=1e-4)
