"""A small double of `sim_engine` with the same interface, for what the web half does around it.

Its frames depend on design, scenario, seed and commands alone, like the real ones. A design can misbehave on request:
`"misbehave": {"at_s": 1, "how": "hang" | "spin" | "exit" | "raise"}`.
"""

import dataclasses
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import Any

__version__ = "fake"


@dataclass
class Problem:
    severity: str
    code: str
    text: str
    component: str | None = None
    field: str | None = None
    where: str = "design"
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return asdict(self)


class DesignError(Exception):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].text)
        self.problems = problems


def check(design: Any) -> list[Problem]:
    if not isinstance(design, dict) or design.get("format") != "architecture-playground":
        return [Problem("problem", "not_a_design", "This is not a design document.")]
    if not isinstance(design.get("components"), dict):
        return [Problem("problem", "malformed", "“components” must be an object.")]
    if not design["components"]:
        return [Problem("problem", "nothing_to_run", "There is nothing to run.")]
    return []


def catalogue_document() -> dict[str, Any]:
    return {
        "version": 1,
        "groups": [{"name": "traffic", "title": "Traffic"}],
        "kinds": [],
        "link": {"parameters": [], "metrics": []},
        "causes": [],
        "messages": {"nothing_to_run": "There is nothing to run."},
        "limits": {"components": 500, "links": 2000},
    }


def wiring_rules(design: Any) -> dict[str, Any]:
    return {}


def modelled_document() -> dict[str, Any]:
    return {"groups": [], "link": {"title": "Links", "left_out": "", "parameters": [], "actions": []}}


def upgraded(design: Any) -> Any:
    return {**design, "version": 1} if design.get("version") == 0 else design


def warm(*_arguments: Any) -> None:
    pass


class Run:
    def __init__(self, design: Any, scenario: str | None = None, seed: int | None = None) -> None:
        problems = check(design)
        if problems:
            raise DesignError(problems)
        self.design = design
        self.seed = seed or 0
        self.duration_s = design.get("scenarios", {}).get(scenario or "", {}).get("duration_s", 120.0)
        self.tick_s = 0.1
        self.seq = 0
        self.ticks = 0
        self.commands: list[dict[str, Any]] = []
        self.digest = hashlib.sha256(json.dumps([design, scenario, seed], sort_keys=True).encode()).hexdigest()

    @property
    def t(self) -> float:
        return round(self.ticks / 10, 6)

    @property
    def finished(self) -> bool:
        return self.t >= self.duration_s

    def command(self, command: dict[str, Any]) -> None:
        if command["action"] == "kill" and command.get("component") not in self.design["components"]:
            raise DesignError([Problem("problem", "unknown_component", "There is no such component.")])
        if command["action"] == "tick":
            self.tick_s = command["tick_s"]
        self.commands.append({"t": self.t, "command": command})
        self.digest = hashlib.sha256((self.digest + json.dumps(command, sort_keys=True)).encode()).hexdigest()

    def advance(self) -> dict[str, Any]:
        self.misbehave()
        self.ticks += round(self.tick_s * 10)
        self.digest = hashlib.sha256(self.digest.encode()).hexdigest()
        frame = {"seq": self.seq, "t": self.t, "dt": self.tick_s, "digest": self.digest, "filler": "x" * self.padding()}
        if self.finished:
            frame |= {"final": True, "summary": {"digest": self.digest}}
        self.seq += 1
        return frame

    def padding(self) -> int:
        return int(self.design.get("padding_bytes", 0))

    def misbehave(self) -> None:
        wanted = self.design.get("misbehave")
        if not wanted or self.t < wanted["at_s"]:
            return
        if wanted["how"] == "hang":
            time.sleep(3600)
        if wanted["how"] == "exit":
            os._exit(3)
        if wanted["how"] == "raise":
            raise ValueError("the double was asked to fail")
        if wanted["how"] == "spin":
            while True:
                pass
