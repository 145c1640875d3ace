"""Every action of the catalogue, done to every kind that takes it, to links and to the traffic, in the smallest example with that kind.

The run goes on, conserves its requests, is another one while the fault lasts, recovers when it is over, and the log says what happened.
A kind with an action and no example that holds it fails.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.check import check
from sim_engine.experiments import EXPERIMENTS
from sim_engine.kernel import links
from sim_engine.messages import MESSAGES
from tests.engine.support import Document, Frame, assert_conserved, go

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BEGINS_S, ENDS_S, OVER_S = 4.0, 7.0, 20.0
SETTLED_S = 4.0  # at the end of the run
# what shows within these seconds, where the default would not
TELLING: dict[str, Document] = {
    "slow": {"factor": 50.0}, "errors": {"ratio": 0.5}, "memory_leak": {"mb_per_s": 8_192.0 / 1.5}, "loss": {"ratio": 0.9},
}  # fmt: skip
MOST_DESIGNS = 12  # in which an action is tried


@dataclass(frozen=True)
class Case:
    action: str
    kind: str  # of component; or link, or traffic

    def __str__(self) -> str:
        return f"{self.action}-{self.kind}"


def cases() -> Iterator[Case]:
    for kind in KINDS.values():
        yield from (Case(action, kind.kind) for action in kind.actions)
    yield from (Case(action, "link") for action in LINK.actions)
    yield from (Case(action, "traffic") for action in TRAFFIC_ACTIONS)


@lru_cache(maxsize=1)
def documents() -> list[Document]:
    """The examples, the smallest first, and the designs of the experiments; nobody writes to them."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*.json"))]
    return sorted(found, key=lambda document: len(document["components"])) + [experiment.design for experiment in EXPERIMENTS]


def holds(document: Document, kind: str) -> list[str]:
    if kind == "traffic":
        return [""]
    if kind == "link":
        sources = {i for i, part in document["components"].items() if KINDS[part["kind"]].is_source}
        return [i for i, link in document["links"].items() if link["from"] in sources]
    return [i for i, part in document["components"].items() if part["kind"] == kind]


def prepared(case: Case) -> Iterator[tuple[Document, str]]:
    """Designs with one scenario in which nothing happens by itself, and the id that the action is done to."""
    for document in documents():
        for target in holds(document, case.kind)[:1]:
            made = copy.deepcopy(document)
            made["scenarios"] = {"only": {"title": "Only", "duration_s": OVER_S, "traffic": [], "faults": []}}
            made["scenario"] = "only"
            for part in made["components"].values():
                names = {parameter.name for parameter in KINDS[part["kind"]].parameters}
                quick = {"boot_s": 0.5, "drain_s": 0.5, "health_check_interval_s": 0.5, "promotion_s": 0.5, "build_s": 0.5, "test_s": 0.5,
                         "startup_s": 0.5}  # fmt: skip
                part["parameters"] = {**part.get("parameters", {}), **{n: v for n, v in quick.items() if n in names}}
            yield made, target


def fault_of(case: Case, document: Document, target: str) -> Document:
    arguments = dict(TELLING.get(case.action, {}))
    if case.action == "resize":
        parameters = document["components"][target]["parameters"]
        arguments["instances"] = 1 + int(parameters.get("instances", KINDS[case.kind].defaults()["instances"]))
    for parameter in ACTIONS[case.action].parameters:
        if parameter.type == "component":
            arguments[parameter.name] = other_end(document, target)
    fault = {"at_s": BEGINS_S, "action": case.action, "arguments": arguments}
    if ACTIONS[case.action].lasting:
        fault["for_s"] = ENDS_S - BEGINS_S
    return fault | ({} if case.kind == "traffic" else {"link" if case.kind == "link" else "component": target})


def faults_of(case: Case, document: Document, target: str) -> list[Document]:
    """A restore has something to restore."""
    fault = fault_of(case, document, target)
    if case.action == "rollback":
        return [{**fault, "action": "deploy"}, {**fault, "at_s": ENDS_S}]
    if case.action == "restore":
        return [{**fault, "action": "kill"}, {**fault, "at_s": ENDS_S}]
    return [fault]


def other_end(document: Document, target: str) -> str:
    """Something of the same kind if there is, so that a place is parted from a place."""
    kind = document["components"][target]["kind"]
    others = [i for i in document["components"] if i != target and KINDS[document["components"][i]["kind"]].actions]
    return min(others, key=lambda i: (document["components"][i]["kind"] != kind, i))


def played(document: Document, faults: list[Document]) -> tuple[Run, list[Frame]]:
    made = copy.deepcopy(document)
    made["scenarios"]["only"]["faults"] = faults
    assert [problem.text for problem in check(made) if problem.severity == "problem"] == []
    run = Run(made)
    run.command({"action": "tick", "tick_s": 0.5})
    return run, go(run)


@lru_cache(maxsize=6)
def undisturbed(document: str) -> list[Frame]:
    """The frames of a design to which nothing is done; the same for all actions that are tried in it."""
    return played(json.loads(document), [])[1]


def shown(frames: list[Frame], from_s: float, until_s: float) -> list[Any]:
    """What can be seen in a stretch of a run."""
    return [(f["window"], f["components"]) for f in frames if from_s < f["t"] <= until_s]


def done(frames: list[Frame], from_s: float, until_s: float) -> int:
    return sum(int(f["window"]["done"]) for f in frames if from_s < f["t"] <= until_s)


def assert_healthy(run: Run) -> None:
    """Nothing of a fault is left anywhere in the kernel."""
    state, used = run.world.memory.state, run.world.memory.used
    assert run.world.faults.active == {}
    assert all(me.alive for group in run.world.groups.values() for me in group.members)
    nodes = state.nodes[[me.node for me in run.world.instances.values()]]
    assert not nodes["error_ratio"].any() and not nodes["side_a"].any() and not nodes["side_b"].any()
    assert (state.pools["slowness"][: used["pools"]] == 1.0).all()
    for link_id in run.world.links:
        first = int(state.links[run.world.link_row(link_id)]["parameter"])
        assert not np.any(state.parameters[first + links.FAULT_DELAY_S : first + links.CUT_BACK + 1])


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_it_shows_recovers_and_is_told(case: Case) -> None:
    designs = list(islice(prepared(case), MOST_DESIGNS))
    assert designs, f"no example and no experiment holds a {case.kind}: its actions cannot be tried"
    assert any(shows(case, document, target) for document, target in designs), "it does nothing"


def shows(case: Case, document: Document, target: str) -> bool:
    """Checks one run; whether the action makes a difference in this design."""
    run, frames = played(document, faults_of(case, document, target))
    healthy = undisturbed(json.dumps(document))
    assert_conserved(run)
    assert run.limit is None and frames[-1]["t"] == OVER_S
    told = [event for event in run.world.story.all if event["marker"] and event["t"] == BEGINS_S]
    assert any(event["component"] in (target or None, None) or event["arguments"].get("action") == case.action for event in told), told
    for event in run.world.story.all:
        assert set(re.findall(r"\{(\w+)\}", MESSAGES[event["kind"]])) <= event["arguments"].keys(), event
    assert shown(frames, 0.0, BEGINS_S) == shown(healthy, 0.0, BEGINS_S)
    if ACTIONS[case.action].lasting or case.action == "restore":
        on = [frame["t"] for frame in frames if frame["faults"]]
        assert on[0] == BEGINS_S + 0.5 and on[-1] <= ENDS_S
        assert any(event["marker"] and event["t"] == ENDS_S for event in run.world.story.all)
        assert_healthy(run)
    before, after = (done(played_frames, OVER_S - SETTLED_S, OVER_S) for played_frames in (healthy, frames))
    assert after >= 0.8 * before, "it does not recover"
    return shown(frames, BEGINS_S, OVER_S) != shown(healthy, BEGINS_S, OVER_S)


def test_a_kind_that_nothing_holds_would_fail() -> None:
    assert list(prepared(Case("kill", "teapot"))) == []
