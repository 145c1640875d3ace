"""Every example parses, has no problems, says what to try, runs in each of its scenarios, and conserves its requests."""

import copy
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from sim_engine import Run, check, wiring_rules
from sim_engine.design.upgrade import NEWEST
from tests.engine.support import assert_conserved, go

FOLDER = Path(__file__).resolve().parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.json"))
SECONDS = 5.0
CARD = (168.0, 76.0)  # static/app/core/geometry.js


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return found


def test_there_are_examples_with_names_of_their_own() -> None:
    names = [json.loads(path.read_text(encoding="utf-8"))["name"] for path in EXAMPLES]
    assert len(names) >= 2 and len(set(names)) == len(names)


def size(part: dict[str, Any]) -> tuple[float, float]:
    return part.get("width", CARD[0]), part.get("height", CARD[1])


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    (width, height), (other_width, other_height) = size(one), size(other)
    beside = one["x"] + width <= other["x"] or other["x"] + other_width <= one["x"]
    return not (beside or one["y"] + height <= other["y"] or other["y"] + other_height <= one["y"])


def holds(place: dict[str, Any], part: dict[str, Any]) -> bool:
    right, lower = (part[axis] + card - place[axis] for axis, card in zip("xy", CARD, strict=True))
    return bool(part["x"] >= place["x"] and part["y"] >= place["y"] and right <= place["width"] and lower <= place["height"])


def test_it_is_told_and_drawn(document: dict[str, Any]) -> None:
    assert document["version"] == NEWEST
    assert all(document[field].strip() for field in ("name", "description", "try_this"))
    assert document["scenario"] in document["scenarios"]
    cards = [part for part in document["components"].values() if "width" not in part]
    assert not [(one["label"], other["label"]) for one, other in combinations(cards, 2) if overlap(one, other)], "no card lies on another"
    for part in cards:
        around = [place for place in document["components"].values() if "width" in place and overlap(part, place)]
        assert all(holds(place, part) for place in around), f"{part['label']} lies on a border"
    assert all(part["label"].strip() for part in document["components"].values())


def test_it_has_no_problems_and_every_link_means_something(document: dict[str, Any]) -> None:
    assert [problem.text for problem in check(document) if problem.severity == "problem"] == []
    assert wiring_rules(document).keys() == document["links"].keys()


def test_it_runs_and_conserves(document: dict[str, Any]) -> None:
    for name, scenario in copy.deepcopy(document["scenarios"]).items():
        shorter = copy.deepcopy(document)
        squeeze = min(1.0, SECONDS / scenario["duration_s"])
        shorter["scenarios"] = {name: _squeezed(scenario, squeeze)}
        shorter["scenario"] = name
        run = Run(shorter)
        run.command({"action": "tick", "tick_s": 0.5})
        frames = go(run)
        assert_conserved(run)
        assert run.limit is None and frames[-1]["t"] == pytest.approx(shorter["scenarios"][name]["duration_s"])
        assert run.summary()["requests"]["done"] > 0, name


def _squeezed(scenario: dict[str, Any], by: float) -> dict[str, Any]:
    """The same story in a shorter time."""
    scenario["duration_s"] *= by
    for entry in [*scenario.get("traffic", []), *scenario.get("faults", [])]:
        entry["at_s"] *= by
        if entry.get("for_s") is not None:
            entry["for_s"] *= by
    return scenario
