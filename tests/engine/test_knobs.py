"""Every knob is alive: each parameter of each kind and of links moves the figure that it should, the way it should."""

import pytest

from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from tests.engine.knobs import KNOBS, UP, Knob
from tests.engine.support import assert_conserved, play

LEAST_CHANGE = 0.02  # of the larger of both figures


def name_of(knob: Knob) -> str:
    return f"{knob.kind}.{knob.parameter}"


def figure(knob: Knob, value: object) -> float:
    run = play(knob.document(value))
    assert_conserved(run)
    return knob.metric(run.summary())


@pytest.mark.parametrize("knob", KNOBS, ids=name_of)
def test_it_moves_its_figure(knob: Knob) -> None:
    one, other = figure(knob, knob.one), figure(knob, knob.other)
    low, high = (one, other) if knob.direction == UP else (other, one)
    assert high > low and not (high - low) <= LEAST_CHANGE * high, f"{one} at {knob.one}, {other} at {knob.other}"


def test_every_parameter_has_an_experiment() -> None:
    declared = {f"{kind.kind}.{p.name}" for kind in KINDS.values() if kind.runs for p in kind.parameters}
    declared |= {f"link.{p.name}" for p in LINK.parameters}
    tried = [name_of(knob) for knob in KNOBS]
    assert set(tried) == declared
    assert len(tried) == len(set(tried))


def test_experiments_are_experiments() -> None:
    """The one value is not the other, and the same value twice moves nothing."""
    for knob in KNOBS:
        assert knob.one != knob.other, name_of(knob)
    knob = KNOBS[1]
    assert figure(knob, knob.one) == figure(knob, knob.one)
