"""The same design, scenario, seed and commands give the same frames, bit for bit: here, elsewhere, again, and replayed."""

import hashlib
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim_engine import Run
from tests.engine.support import Document, Frame, frames, go, kill, part, shop

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"clients": {"arrival_rate_per_s": 150.0, "keys": 2000}, "database": {"health_check_interval_s": 0.5, "promotion_s": 0.5}}
DOCUMENT = shop(8.0, [kill("database", 2.0, for_s=3.0), kill("server_1", 3.0, "machine", 1.0)], **SMALL)


def exact(frame: Frame) -> str:
    """A frame as JSON, without the only figure that is about this machine."""
    if "summary" in frame:
        frame = {**frame, "summary": {k: v for k, v in frame["summary"].items() if k != "wall_s"}}
    return json.dumps(frame, sort_keys=True, allow_nan=False)


def digest(document: Document, seed: int | None = None) -> str:
    made = hashlib.sha256()
    for frame in frames(Run(document, seed=seed)):
        made.update(exact(frame).encode())
    return made.hexdigest()


def test_again_in_the_same_process() -> None:
    assert digest(DOCUMENT) == digest(DOCUMENT)


def test_another_seed_is_another_run() -> None:
    assert digest(DOCUMENT, 1) != digest(DOCUMENT, 2)


def test_in_processes_that_hash_differently() -> None:
    code = (
        "from tests.engine.test_determinism import DOCUMENT, digest; print(digest(DOCUMENT))"
    )  # fmt: skip
    found = set()
    for hash_seed in ("1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        found.add(done.stdout.strip())
    assert found == {digest(DOCUMENT)}


def test_the_order_of_the_document_does_not_matter() -> None:
    turned = {name: dict(reversed(DOCUMENT[name].items())) for name in ("components", "links")}
    backwards = {**DOCUMENT, **turned}
    assert digest(backwards) == digest(DOCUMENT)


def extended() -> Document:
    """The document with a third server and without the cache."""
    changed: Document = json.loads(json.dumps(DOCUMENT))
    del changed["components"]["cache"]
    changed["links"] = {i: entry for i, entry in changed["links"].items() if entry["to"] != "cache"}
    changed["components"]["server_3"] = part("server")
    changed["links"]["balancer-server_3"] = {"from": "balancer", "to": "server_3"}
    changed["scenarios"]["only"]["faults"] = []
    return changed


COMMANDS: list[tuple[float, Document]] = [
    (0.5, {"action": "set", "component": "clients", "parameter": "arrival_rate_per_s", "value": 250.0}),
    (1.0, {"action": "kill", "component": "cache"}),
    (1.0, {"action": "traffic", "multiplier": 2}),
    (1.5, {"action": "restore", "component": "cache"}),
    (1.7, {"action": "tick", "tick_s": 0.35}),
    (2.0, {"action": "set", "link": "clients-balancer", "parameter": "latency_ms", "value": 7}),
    (2.5, {"action": "set", "component": "clients", "parameter": "model", "value": "closed"}),
    (3.0, {"action": "set", "component": "cache", "parameter": "capacity_keys", "value": 10}),
    (4.0, {"action": "design", "design": extended()}),
    (5.0, {"action": "set", "component": "clients", "parameter": "model", "value": "open"}),
    (5.5, {"action": "kill", "component": "replica_1", "mode": "machine"}),
]


def commanded() -> tuple[Run, list[str]]:
    run, shown, waiting = Run(DOCUMENT), [], list(COMMANDS)
    while not run.finished:
        while waiting and waiting[0][0] <= run.t:
            run.command(waiting.pop(0)[1])
        shown.append(exact(run.advance()))
    assert not waiting
    return run, shown


def test_replayed_commands_give_the_original_frames() -> None:
    run, shown = commanded()
    again = Run(DOCUMENT)
    recorded, repeated = json.loads(json.dumps(run.commands)), []
    while not again.finished:
        while recorded and recorded[0]["t"] <= again.t:
            again.command(recorded.pop(0)["command"])
        repeated.append(exact(again.advance()))
    assert repeated == shown


@pytest.mark.parametrize("until_s", [0.0, 1.0, 2.05, 4.1, 6.0])
def test_replay_goes_on_as_the_original_did(until_s: float) -> None:
    """As when a worker process dies in the middle and another one takes over."""
    run, shown = commanded()
    recorded: list[dict[str, Any]] = json.loads(json.dumps(run.commands))
    again = Run.replay(DOCUMENT, None, None, recorded, until_s)
    rest = recorded[len(again.commands) :]
    for place in range(again.seq, len(shown)):
        while rest and rest[0]["t"] <= again.t + 1e-9:
            again.command(rest.pop(0)["command"])
        assert exact(again.advance()) == shown[place], place
    assert again.finished


def test_the_length_of_a_tick_changes_no_request() -> None:
    outcomes = []
    for tick_s in (0.1, 0.7, 5.0):
        run = Run(DOCUMENT)
        run.command({"action": "tick", "tick_s": tick_s})
        last = go(run)[-1]
        found = last["summary"]
        outcomes.append((last["totals"], found["errors"], found["latency_ms"]["p99"], found["components"]["database"]["commits"]))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_frames_add_up_to_the_totals() -> None:
    """Each window is closed at its edge: counts of windows sum up exactly, sequence and time have no gaps."""
    shown = go(Run(DOCUMENT))
    assert [frame["seq"] for frame in shown] == list(range(len(shown)))
    for name in ("arrived", "done", "failed", "dropped"):
        assert sum(frame["window"][name] for frame in shown) == shown[-1]["totals"][name]
        for component, report in shown[-1]["summary"]["components"].items():
            assert sum(frame["components"][component][name] for frame in shown) == report[name], (component, name)
    for one, other in pairwise(shown):
        assert other["t"] == pytest.approx(one["t"] + other["dt"], abs=2e-6)
    assert shown[-1]["final"] and not any("final" in frame for frame in shown[:-1])


def test_common_random_numbers() -> None:
    """A change moves only what it causes: the same requests arrive at the same times, whatever the servers do."""
    quick, slow = shop(4.0, **SMALL), shop(4.0, **SMALL, server={"service_ms": 20.0})
    one, other = ([frame["window"]["arrived"] for frame in frames(Run(document))] for document in (quick, slow))
    assert one == other
