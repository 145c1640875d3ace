"""Formulas that the kernel works out: the same figures as by hand from the counters, and written anew when instances come and go."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from sim_engine import Run
from sim_engine.catalogue.prices import KB_PER_GB
from sim_engine.world.figures import Figure, Figures, Formulas, NameOf
from sim_engine.world.group import Group
from sim_engine.world.measure import NodeWindow, Window
from tests.engine.support import go, set_value, shop

EVERY_PART = Path(__file__).resolve().parents[2] / "examples" / "every-part.json"


def several() -> Run:
    run = Run(shop(40.0, server={"instances": 3, "boot_s": 0.5}))
    run.command({"action": "tick", "tick_s": 0.5})
    go(run, 4.0)
    return run


def formulas_of(run: Run, identifier: str) -> tuple[Group, dict[str, Any]]:
    return run.world.groups[identifier], Window(run.world, *run.moments()).metrics()[identifier]


def test_rates_are_those_of_all_instances() -> None:
    run = several()
    group, metrics = formulas_of(run, "server_1")
    done = sum(int(run.world.memory.state.nodes[me.node]["done"]) for me in group.everyone)
    assert len(group.everyone) == 3 and done > 0
    assert metrics["done_per_s"] == done / run.t


def test_utilisation_is_what_is_used_over_what_those_have_that_lived() -> None:
    run = several()
    set_value(run, "server_1", "instances", 5)
    go(run, 8.0)
    group, metrics = formulas_of(run, "server_1")
    pools, lived = run.world.memory.state.pools, Window(run.world, *run.moments()).lived
    rows = [me.pools["cpu"] for me in group.everyone]
    there_s = sum(float(pools[row]["capacity"]) * lived[me.node] * run.t for row, me in zip(rows, group.everyone, strict=True))
    assert len(rows) == 5 and min(lived) < 0.9, "two came in the middle"
    assert metrics["cpu"] == pytest.approx(sum(float(pools[row]["used_area"]) for row in rows) / there_s, rel=1e-12)


def test_formulas_are_written_anew_when_instances_come() -> None:
    run = several()
    before = {formulas.group.id: formulas for formulas in run.world.sheet().formulas}
    run.world.groups["server_1"].add_member()
    after = {formulas.group.id: formulas for formulas in run.world.sheet().formulas}
    assert [name for name in before if after[name] is not before[name]] == ["server_1"]
    assert len(after["server_1"].nodes) == len(before["server_1"].nodes) + 1


def worked_out(run: Run, monkeypatch: pytest.MonkeyPatch, write: Any) -> dict[str, Any]:
    """What metrics are that a kind writes."""
    group = run.world.groups["server_1"]
    monkeypatch.setattr(group.component, "measure", write)
    group.shape += 1
    return Window(run.world, *run.moments()).metrics()["server_1"]


def test_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(on: Figures) -> dict[str, Figure | NameOf | None]:
        two, three = on.number(2.0), on.number(3.0)
        return {
            "sum": two + three, "difference": two - three, "from": 1.0 - three, "product": 2.0 * three, "quotient": two / three,
            "highest": on.highest(two, three, two), "name": on.name_of_highest({"a": two, "b": three, "c": three}),
            "nothing": two / on.growth("evictions"), "and more": two + two / on.growth("evictions"), "none": None,
        }  # fmt: skip

    found = worked_out(several(), monkeypatch, write)
    assert found == {
        "sum": 5.0, "difference": -1.0, "from": -2.0, "product": 6.0, "quotient": 2.0 / 3.0, "highest": 3.0, "name": "b",
        "nothing": None, "and more": None, "none": None,
    }  # fmt: skip


def test_a_frame_has_four_places(monkeypatch: pytest.MonkeyPatch) -> None:
    run = several()
    worked_out(run, monkeypatch, lambda on: {"utilisation": on.number(2.0) / 3.0, "below": -1.0 * (on.number(2.0) / 3.0)})
    metrics = run.advance()["components"]["server_1"]["metrics"]
    assert metrics == {"utilisation": 0.6667, "below": -0.6667}


@pytest.mark.parametrize(("level", "state"), [(0.49, "up"), (0.5, "busy"), (0.94, "busy"), (0.95, "saturated"), (math.nan, "up")])
def test_the_state_follows_from_the_utilisation(level: float, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = several()
    worked_out(run, monkeypatch, lambda on: {"utilisation": on.number(level)})
    assert run.advance()["components"]["server_1"]["state"] == state


def test_a_formula_is_written_once_however_often_it_is_asked_for() -> None:
    group = several().world.groups["server_1"]
    on = Figures(group)
    first, length = on.pool("cpu").utilisation, len(on.code)
    assert on.pool("cpu").utilisation.at == first.at and len(on.code) == length


def test_counts_of_a_frame_are_those_of_the_counters() -> None:
    run = several()
    before = {name: sum(row_of(run, group, "arrived")) for name, group in run.world.groups.items()}
    frame = run.advance()
    for name, group in run.world.groups.items():
        shown = frame["components"][name]
        assert shown["arrived"] == sum(row_of(run, group, "arrived")) - before[name]
        assert shown["in_flight"] == sum(row_of(run, group, "in_flight"))


def row_of(run: Run, group: Group, name: str) -> list[int]:
    return [int(run.world.memory.state.nodes[me.node][name]) for me in group.everyone]


def test_a_moment_is_compared_with_one_that_has_more_rows() -> None:
    run = several()
    before = run.moments()[1]
    done = before.records("nodes")["done"].tolist()
    run.world.groups["server_1"].add_member()
    run.advance()
    later = run.moments()[1]
    same = before.among(later.rows)
    assert len(same.words) == len(later.words) > len(before.words)
    assert same.records("nodes")["done"].tolist() == [*done, 0]
    assert (same.requests == before.requests).all() and same.at_s == before.at_s


def test_disks_are_those_of_all_that_are_there() -> None:
    document = json.loads(EVERY_PART.read_text(encoding="utf-8"))
    run = Run(document)
    go(run, 1.0)
    stored = run.world.memory.state.nodes["stored_kb"]
    shown = Window(run.world, *run.moments()).metrics()
    keeping = [name for name, metrics in shown.items() if metrics.get("disk_used_gb") is not None]
    assert keeping
    for name in keeping:
        assert shown[name]["disk_used_gb"] == sum(float(stored[me.node]) for me in run.world.groups[name].members) / KB_PER_GB


def test_windows_tell_of_every_instance() -> None:
    run = several()
    run.world.groups["server_1"].add_member()
    run.advance()
    window = NodeWindow(Window(run.world, *run.moments()), run.world.groups["server_1"])
    busy = [window.utilisation_of(me) for me in window.instances]
    assert window.several() and len(busy) == 4 and all(share > 0.0 for share in busy[:3])
    assert isinstance(run.world.sheet().formulas[0], Formulas)
