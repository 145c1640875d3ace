"""The whole way with the real engine: the first page's design, on Dask, over a socket, in step with the library itself."""

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

import sim_engine
from tests.web.servers import ROOT, Server, Stream, Visitor, seqs
from tests.web.stopwatch import Stopwatch


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("real"), engine="sim_engine") as server:
        yield server


@pytest.fixture
def shop() -> dict[str, Any]:
    design: dict[str, Any] = json.loads((ROOT / "examples" / "three-tier.json").read_text())
    design["scenarios"]["steady"]["duration_s"] = 6
    return design


def primary_of(design: dict[str, Any]) -> str:
    return next(name for name, component in design["components"].items() if component["kind"] == "sql_database")


def commands_for(design: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"action": "fault", "name": "slow", "component": "server-1", "arguments": {"factor": 8}},
        {"action": "fault", "name": "spike", "arguments": {"multiplier": 2}, "for_s": 3},
        {"action": "end_fault", "number": 1},
        {"action": "kill", "component": primary_of(design), "mode": "machine"},
    ]


def without_clock(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The summary of the last frame says how long the run took in real time, which no two runs share."""
    return [{**frame, "summary": {**frame.get("summary", {}), "wall_s": 0}} for frame in frames]


async def test_commands_and_a_lost_worker_leave_the_library_s_own_frames(real: Server, shop: dict[str, Any]) -> None:
    visitor = Visitor(real)
    run = visitor.start_run(shop, scenario="steady", seed=12)
    async with visitor.socket(run) as connection:
        stream = Stream(connection)
        await stream.hello()
        await stream.until_frames(8, within_s=40)
        done = []
        for number, command in enumerate(commands_for(shop)):
            answer = await stream.command(number, **command)
            assert answer["type"] == "done", answer
            done.append((answer["t"], command))
        refused = await stream.command(9, action="end_fault", number=1)
        assert (refused["type"], refused["error"]["problems"][0]["code"]) == ("refused", "no_such_fault")
        await stream.until_frames(20)
        for worker in real.workers():
            worker.send_signal(signal.SIGKILL)
        await stream.until_phase("finished", within_s=60)
    assert seqs(stream.frames) == list(range(60))
    oracle = sim_engine.Run(shop, "steady", 12)
    expected = []
    while not oracle.finished:
        while done and done[0][0] == oracle.t:
            oracle.command(done.pop(0)[1])
        expected.append(json.loads(json.dumps(oracle.advance())))
    assert without_clock(stream.frames) == without_clock(expected)
    assert [fault["name"] for fault in stream.frames[19]["faults"]] == ["spike", "kill"]


async def test_first_frame_of_a_warm_worker(real: Server, shop: dict[str, Any]) -> None:
    visitor = Visitor(real)
    took_s = []
    for _ in range(4):
        watch = Stopwatch(real)
        run = visitor.start_run(shop, speed=1)
        async with visitor.socket(run) as connection:
            stream = Stream(connection)
            await stream.hello()
            await stream.until_frames(1, within_s=40)
            took_s.append(watch.seconds())
            await stream.command(1, action="stop")
    # The first ones may still meet a worker that is loading; a warm one is quick.
    assert min(took_s) < 0.3


async def test_problems_are_named(real: Server, shop: dict[str, Any]) -> None:
    visitor = Visitor(real)
    name = primary_of(shop)
    del shop["components"][name]["label"]
    shop["components"][name]["parameters"]["no_such"] = 1
    status, answer = visitor.post("/api/check/", {"design": shop})
    assert status == 200
    assert any(problem["component"] == name for problem in answer["problems"])
    status, answer = visitor.post("/api/runs/", {"design": shop})
    assert status == 422
    # Unfinished work is saved all the same.
    assert visitor.post("/api/designs/", {"design": shop})[0] == 201
    for structure in ({"components": []}, {"version": 99}, {"links": {"x": 5}}):
        status, answer = visitor.post("/api/designs/", {"design": {**shop, **structure}})
        assert (status, answer["error"]["code"]) == (422, "not_a_design")
