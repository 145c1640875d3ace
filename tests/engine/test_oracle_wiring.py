"""Engine and oracle on the rules of links and on what TCP adds: their numbers agree within the replications' confidence intervals."""

import pytest

from tests.engine.oracle.agreement import disagreements
from tests.engine.oracle.cases_wiring import QUICK_WIRING, WIRING_CASES
from tests.engine.test_oracle_agrees import engine, oracle


@pytest.mark.parametrize("name", QUICK_WIRING)
def test_agree(name: str) -> None:
    assert not disagreements(engine(WIRING_CASES[name], range(100, 112)), oracle(WIRING_CASES[name], range(10, 16)))


@pytest.mark.slow
@pytest.mark.parametrize("name", WIRING_CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    assert not disagreements(engine(WIRING_CASES[name], range(200, 500)), oracle(WIRING_CASES[name], range(60)), level=1e-4)
