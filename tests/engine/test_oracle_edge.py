"""Engine and oracle on what lies between users and data, on the rules of links, and on instances that come and go.

Their numbers agree within the replications' confidence intervals.
"""

import pytest

from tests.engine.oracle.agreement import disagreements
from tests.engine.oracle.cases_crews import CREW_CASES, QUICK_CREWS
from tests.engine.oracle.cases_wiring import QUICK_WIRING, WIRING_CASES
from tests.engine.oracle.edge_cases import EDGE_CASES, QUICK
from tests.engine.test_oracle_agrees import engine, oracle

CASES = EDGE_CASES | WIRING_CASES | CREW_CASES
assert len(CASES) == len(EDGE_CASES) + len(WIRING_CASES) + len(CREW_CASES), "each has a name of its own"


@pytest.mark.parametrize("name", [*QUICK, *QUICK_WIRING, *QUICK_CREWS])
def test_agree(name: str) -> None:
    assert not disagreements(engine(CASES[name], range(100, 112)), oracle(CASES[name], range(10, 16)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_agree_closely(name: str) -> None:
    """Many more replications, so that small differences show."""
    assert not disagreements(engine(CASES[name], range(200, 500)), oracle(CASES[name], range(60)), level=1e-4)
