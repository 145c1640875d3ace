"""What holds on every path of every design: flow conservation, Little's law, the utilisation law, and a tidy kernel.

Whatever is broken, edited or set while requests are under way, nobody is lost and nobody is counted twice.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim_engine import DesignError, Run, check
from sim_engine.kernel import layout
from tests.engine.random_designs import commands, designs
from tests.engine.support import Document, Frame, assert_conserved

QUICK = settings(derandomize=True, max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
THOROUGH = settings(derandomize=True, max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


def runnable(document: Document) -> bool:
    return not [problem for problem in check(document) if problem.severity == "problem"]


def carry_out(run: Run, waiting: list[tuple[float, Document]]) -> None:
    """Does what is due; what is refused says why and changes nothing."""
    while waiting and waiting[0][0] <= run.t + 1e-9:
        command, recorded = waiting.pop(0)[1], len(run.commands)
        try:
            run.command(command)
        except DesignError as error:
            assert error.problems and all(problem.text for problem in error.problems)
            assert len(run.commands) == recorded


def assert_tidy(run: Run) -> None:
    """Every task slot is in use or in the free list; pools hold what tasks hold; nothing is negative."""
    state = run.world.memory.state
    free, index = 0, int(state.count[layout.FREE_HEAD])
    while index >= 0:
        assert state.tasks[index]["state"] == layout.FREE
        free, index = free + 1, int(state.tasks[index]["next"])
    assert free == state.count[layout.FREE_COUNT] == len(state.tasks) - state.count[layout.TASKS_USED]
    assert state.count[layout.HEAP_SIZE] <= len(state.heap_time)
    pools = state.pools[: run.world.memory.used.get("pools", 0)]
    assert (pools["used"] >= -1e-9).all() and (pools["queued"] >= 0).all()
    assert (state.members["in_flight"] >= 0).all()
    assert (state.nodes["in_flight"] >= 0).all()


def assert_sane(frame: Frame) -> None:
    json.dumps(frame, allow_nan=False)
    window, totals = frame["window"], frame["totals"]
    assert totals["arrived"] == sum(totals[name] for name in ("done", "failed", "dropped", "in_flight"))
    assert sum(window["errors"].values()) == window["failed"] + window["dropped"]
    for component in frame["components"].values():
        utilisation = component["metrics"].get("utilisation")
        assert utilisation is None or -1e-9 <= utilisation <= 1.0 + 1e-6 or component["state"] != "up"
    latency = window["latency_ms"]
    if latency["p50"] is not None:
        assert latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"] * 1.01


def play_through(document: Document, waiting: list[tuple[float, Document]]) -> Run:
    run = Run(document)
    while not run.finished:
        carry_out(run, waiting)
        assert_sane(run.advance())
    assert_conserved(run)
    assert_tidy(run)
    return run


@QUICK
@given(designs())
def test_random_designs_with_faults(document: Document) -> None:
    assume(runnable(document))
    play_through(document, [])


@QUICK
@given(st.data())
def test_random_designs_with_faults_edits_and_commands(data: Any) -> None:
    document = data.draw(designs())
    assume(runnable(document))
    play_through(document, data.draw(commands(document)))


@pytest.mark.slow
@THOROUGH
@given(st.data())
def test_many_random_designs(data: Any) -> None:
    document = data.draw(designs())
    assume(runnable(document))
    play_through(document, data.draw(commands(document)))


@settings(derandomize=True, max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_runs_are_replayed_bit_for_bit(data: Any) -> None:
    document = data.draw(designs())
    assume(runnable(document))
    run = play_through(document, data.draw(commands(document)))
    again = Run.replay(document, None, None, run.commands, run.t)
    one, other = run.summary(), again.summary()
    assert {**one, "wall_s": 0} == {**other, "wall_s": 0}
