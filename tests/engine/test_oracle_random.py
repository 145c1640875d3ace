"""Random designs in engine and oracle: they agree, whatever is combined with whatever."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.engine.oracle.agreement import disagreements
from tests.engine.oracle.designs import Document
from tests.engine.oracle.random_designs import designs
from tests.engine.oracle.random_edge import edge_designs
from tests.engine.test_oracle_agrees import engine, oracle

settings.register_profile(
    "designs",
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
DESIGNS = settings.get_profile("designs")
"""Without shrinking: a smaller design would mean hundreds of further comparisons."""


@settings(DESIGNS, max_examples=8)
@given(designs())
def test_agree(document: Document) -> None:
    """The level is one in 10^5 for each design, so that a disagreement means something."""
    assert not disagreements(engine(document, range(100, 120)), oracle(document, range(10, 18)), level=1e-5)


@pytest.mark.slow
@settings(DESIGNS, max_examples=150)
@given(designs())
def test_agree_on_many(document: Document) -> None:
    assert not disagreements(engine(document, range(100, 140)), oracle(document, range(10, 26)), level=1e-6)


@settings(DESIGNS, max_examples=8)
@given(edge_designs())
def test_agree_at_the_edge(document: Document) -> None:
    assert not disagreements(engine(document, range(100, 120)), oracle(document, range(10, 18)), level=1e-5)


@pytest.mark.slow
@settings(DESIGNS, max_examples=150)
@given(edge_designs())
def test_agree_on_many_at_the_edge(document: Document) -> None:
    assert not disagreements(engine(document, range(100, 140)), oracle(document, range(10, 26)), level=1e-6)
