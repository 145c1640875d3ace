"""Every knob is alive: each parameter of each kind and of links moves the figure that it should, the way it should."""

from pathlib import Path

import pytest

from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.experiments import EXPERIMENTS
from sim_engine.experiments.experiment import UP, Experiment
from sim_engine.modelled import figure_text, modelled_document, modelled_text
from tests.engine.support import assert_conserved, play

LEAST_CHANGE = 0.02  # of the larger of both figures


def name_of(experiment: Experiment) -> str:
    return f"{experiment.kind}.{experiment.parameter}"


def figure(experiment: Experiment, value: object) -> float:
    run = play(experiment.document(value), commands=experiment.commands)
    assert_conserved(run)
    return experiment.figure(run.summary())


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=name_of)
def test_it_moves_its_figure(experiment: Experiment) -> None:
    one, other = figure(experiment, experiment.one), figure(experiment, experiment.other)
    low, high = (one, other) if experiment.direction == UP else (other, one)
    assert high > low and not (high - low) <= LEAST_CHANGE * high, f"{one} at {experiment.one}, {other} at {experiment.other}"


def test_every_parameter_has_an_experiment() -> None:
    declared = {f"{kind.kind}.{p.name}" for kind in KINDS.values() if kind.runs for p in kind.parameters}
    declared |= {f"link.{p.name}" for p in LINK.parameters}
    tried = [name_of(experiment) for experiment in EXPERIMENTS]
    assert set(tried) == declared
    assert len(tried) == len(set(tried))


def test_experiments_are_experiments() -> None:
    """The one value is not the other, and the same value twice moves nothing."""
    for experiment in EXPERIMENTS:
        assert experiment.one != experiment.other, name_of(experiment)
    experiment = EXPERIMENTS[1]
    assert figure(experiment, experiment.one) == figure(experiment, experiment.one)


def test_the_written_page_is_the_generated_one() -> None:
    written = (Path(__file__).resolve().parents[2] / "docs" / "what-is-modelled.md").read_text(encoding="utf-8")
    assert written == modelled_text(), "run `python -m sim_engine modelled > docs/what-is-modelled.md`"


def test_figures_have_titles() -> None:
    for kind in modelled_document()["groups"]:
        for part in kind["kinds"]:
            for parameter in part["parameters"]:
                assert figure_text(parameter["effect"]["figure"]).strip() and "{" not in figure_text(parameter["effect"]["figure"])
