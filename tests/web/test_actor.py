"""The run as it lives on a worker, in this process: pacing, commands, replay, guards."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from playground import limits
from playground.runs.actor import RunActor, RunOrder
from playground.runs.live import ACTOR_LIMITS
from tests.web import fake_engine
from tests.web.conftest import a_design
from tests.web.servers import ROOT

pytestmark = pytest.mark.usefixtures("double")


def order(
    design: dict[str, Any] | None = None, duration_s: float = 5, more_limits: dict[str, float] | None = None, **changes: Any
) -> RunOrder:
    design = design or a_design(scenarios={"steady": {"title": "", "duration_s": duration_s, "traffic": [], "faults": []}})
    values: dict[str, Any] = {
        "document": json.dumps(design),
        "scenario": "steady",
        "seed": 1,
        "commands": "[]",
        "speed": "max",
        "reached_s": 0.0,
        "paused": False,
        "ended": "",
        "ended_text": "",
        "limits": {name: limits.LIMITS[name].value for name in ACTOR_LIMITS} | (more_limits or {}),
        "engine_module": "tests.web.fake_engine",
    }
    return RunOrder(**{**values, **changes})


@contextmanager
def running(ordered: RunOrder) -> Iterator[RunActor]:
    actor = RunActor(ordered)
    try:
        yield actor
    finally:
        actor._closed = True
        actor._thread.join(3)


async def all_frames(actor: RunActor, within_s: float = 10) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        report = await actor.pull(len(frames) - 1, 0, -1, 0.2)
        frames += [json.loads(text) for _seq, text in report["frames"]]
        if report["ended"] and len(frames) == report["last"] + 1:
            return frames, report
    raise AssertionError("the run did not end")


async def until(actor: RunActor, wanted: Any, within_s: float = 5) -> dict[str, Any]:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        report = await actor.pull(10**6, 0, -1, 0.05)
        if wanted(report):
            return report
        await asyncio.sleep(0.01)
    raise AssertionError(report)


async def test_runs_to_the_end_and_says_so() -> None:
    with running(order()) as actor:
        frames, report = await all_frames(actor)
    assert [frame["seq"] for frame in frames] == list(range(5))
    assert frames[-1]["final"] is True
    assert report["state"]["phase"] == "finished"
    assert report["commands"] == [{"t": 0.0, "command": {"action": "tick", "tick_s": 1.0}}]


async def test_real_time_is_kept() -> None:
    started_s = time.monotonic()
    with running(order(duration_s=1.5, speed="1")) as actor:
        frames, report = await all_frames(actor)
    assert len(frames) == 15
    assert 1.2 < time.monotonic() - started_s < 2.5
    assert 1.2 < report["state"]["wall_s"] < 2.5


async def test_replay_gives_equal_frames_and_goes_on() -> None:
    with running(order(speed="1", duration_s=60)) as actor:
        await until(actor, lambda report: report["last"] >= 5)
        killed = await actor.command({"action": "kill", "component": "web"})
        await actor.command({"action": "speed", "speed": "max"})
        first, report = await all_frames(actor)
    commands = json.dumps(report["commands"])
    assert killed["t"] >= 0.5
    for reached_s in (0.0, killed["t"], 20.0, 60.0):
        with running(order(speed="max", duration_s=60, commands=commands, reached_s=reached_s)) as actor:
            again, report = await all_frames(actor)
        assert again == first
        assert json.dumps(report["commands"]) == commands


async def test_replay_of_a_stopped_run_stays_stopped() -> None:
    with running(order(speed="1", duration_s=60, reached_s=3.0, ended="finished", ended_text="Stopped.")) as actor:
        frames, report = await all_frames(actor)
    assert len(frames) == 30
    assert (report["state"]["phase"], report["state"]["text"]) == ("finished", "Stopped.")


async def test_paused_run_is_replayed_paused() -> None:
    with running(order(speed="1", duration_s=60, reached_s=3.0, paused=True)) as actor:
        report = await until(actor, lambda report: report["state"]["phase"] == "paused")
        assert report["state"]["t"] == 3.0
        await actor.command({"action": "resume"})
        await until(actor, lambda report: report["last"] > 32)


async def test_commands_take_effect_while_paused() -> None:
    with running(order(speed="1", duration_s=60)) as actor:
        await actor.command({"action": "pause"})
        report = await until(actor, lambda report: report["state"]["phase"] == "paused")
        answer = await asyncio.wait_for(actor.command({"action": "kill", "component": "web"}), 2)
        assert answer["t"] == report["state"]["t"]


async def test_nobody_watching_pauses_and_watching_goes_on() -> None:
    with running(order(speed="1", duration_s=60, more_limits={"idle_after_s": 0.3})) as actor:
        await asyncio.sleep(1.0)
        assert actor._phase == "idle"
        reached = actor._ring.last
        assert 1 <= reached < 8
        await until(actor, lambda report: report["last"] > reached + 2)
        assert actor._phase == "running"


async def test_full_speed_waits_for_its_reader() -> None:
    with running(order(duration_s=5000, more_limits={"ring_frames": 40})) as actor:
        await asyncio.sleep(0.5)
        assert actor._ring.last < 30
        assert actor._ring.first == 0
        frames, _report = await all_frames(actor)
    assert len(frames) == 5000


async def test_refused_commands_are_not_recorded() -> None:
    with running(order(speed="1", duration_s=60, more_limits={"commands_kept": 1})) as actor:
        refused = await actor.command({"action": "kill", "component": "nobody"})
        assert refused["error"]["problems"][0]["code"] == "unknown_component"
        assert "t" in await actor.command({"action": "kill", "component": "web"})
        full = await actor.command({"action": "kill", "component": "web"})
        assert full["error"]["code"] == "too_many"
        report = await until(actor, lambda report: report["last"] > 1)
        assert len(report["commands"]) == 1


async def test_computing_time_is_bounded() -> None:
    with running(order(duration_s=10**6, more_limits={"run_cpu_s": 0.2, "ring_frames": 10**6})) as actor:
        report = await until(actor, lambda report: report["ended"])
    assert report["state"]["phase"] == "failed"
    assert "computing time" in report["state"]["text"]


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    grown_mb = iter(range(100, 10**6, 200))
    monkeypatch.setattr("playground.runs.actor.resident_mb", lambda: next(grown_mb))
    with running(order(duration_s=10**6)) as actor:
        report = await until(actor, lambda report: report["ended"])
    assert "memory" in report["state"]["text"]


async def test_error_of_ours_is_a_sentence() -> None:
    with running(order(a_design(misbehave={"at_s": 0, "how": "raise"}))) as actor:
        _frames, report = await all_frames(actor)
    assert report["state"]["phase"] == "failed"
    assert "logged" in report["state"]["text"]
    assert "asked to fail" not in report["state"]["text"]


async def test_after_the_end_commands_are_refused() -> None:
    with running(order(duration_s=2)) as actor:
        await all_frames(actor)
        assert (await actor.command({"action": "pause"}))["error"]["code"] == "ended"


def test_the_double_is_like_the_engine() -> None:
    """The same names, so that what holds for the double can hold for the engine."""
    import sim_engine

    real = sim_engine.Run(json.loads((ROOT / "examples" / "three-tier.json").read_text()))
    for name in ("Run", "DesignError", "check", "catalogue_document", "warm"):
        assert callable(getattr(sim_engine, name))
    for name in ("advance", "command", "commands", "t", "tick_s", "seq", "finished", "duration_s"):
        assert hasattr(real, name)
    assert set(fake_engine.catalogue_document()) <= set(sim_engine.catalogue_document())
