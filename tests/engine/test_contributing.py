"""The worked example of CONTRIBUTING.md is run: it must be a component that loads, simulates and moves its numbers."""

import re
from pathlib import Path
from typing import Any

import pytest

from sim_engine import Run, components
from sim_engine.catalogue.component import Component

GUIDE = Path(__file__).resolve().parents[2] / "CONTRIBUTING.md"


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> type[Component]:
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None, "the guide shows no component"
    names: dict[str, Any] = {"__name__": "third_party"}
    exec(compile(code.group(1), str(GUIDE), "exec"), names)  # the repository's own text
    made: type[Component] = names["ThirdParty"]
    monkeypatch.setitem(components.KINDS, made.kind, made)
    return made


def dropped(calls_at_once: int) -> int:
    design = {
        "format": "architecture-playground", "version": 1, "seed": 1,
        "components": {
            "clients": {"kind": "clients", "parameters": {"arrival_rate_per_s": 200, "retries": 0}},
            "outside": {"kind": "third_party", "parameters": {"calls_at_once": calls_at_once}},
        },
        "links": {"l": {"from": "clients", "to": "outside"}},
        "scenarios": {"s": {"duration_s": 10}},
    }  # fmt: skip
    run = Run(design)
    while not run.finished:
        frame = run.advance()
    return int(frame["totals"]["dropped"])


def test_the_guides_component_runs_and_drops_what_is_beyond_its_limit(third_party: type[Component]) -> None:
    assert third_party.document()["kind"] == "third_party"
    few, many = dropped(5), dropped(1_000)
    assert few > 100
    assert many == 0
