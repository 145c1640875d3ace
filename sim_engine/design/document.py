"""Designs as frozen data, made from JSON that may hold anything.

parse() never raises for what a person could have written: what cannot be used becomes a Problem that says where and what to do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Final

from sim_engine.catalogue.actions import ACTIONS
from sim_engine.catalogue.parameter import Parameter
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.upgrade import NEWEST, is_known_version, upgrade
from sim_engine.limits import limit
from sim_engine.messages import Problem

FORMAT: Final = "architecture-playground"
SEEDS: Final = "a whole number from 0 to 2^53 - 1"
SMALLEST_PLACE_PX, LARGEST_PLACE_PX = 120.0, 20_000.0
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    kind: str
    label: str
    parameters: Mapping[str, Any]
    inside: str | None = None  # id of the place it is in


@dataclass(frozen=True, slots=True)
class LinkSpec:
    source: str
    target: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrafficPoint:
    at_s: float
    multiplier: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault or an operation, done to a component, a link or (neither) the traffic."""

    at_s: float
    action: str  # a key of ACTIONS
    arguments: Mapping[str, Any]  # all of them
    component: str | None = None
    link: str | None = None
    for_s: float | None = None
    row: int = 0  # its place in the document's list


@dataclass(frozen=True, slots=True)
class Scenario:
    title: str
    duration_s: float
    traffic: tuple[TrafficPoint, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Design:
    name: str
    seed: int
    components: Mapping[str, ComponentSpec]  # in order of id
    links: Mapping[str, LinkSpec]  # in order of id
    scenarios: Mapping[str, Scenario]
    scenario: str


STEADY = Scenario("Steady", 120.0)


class _Reader:
    """Collects problems while it reads."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def complain(self, code: str, place: str, identifier: str | None, name: str | None, /, **arguments: Any) -> None:
        self.problems.append(Problem(code, place, identifier, name, tuple(arguments.items())))

    def shape(self, where: str, identifier: str | None, field: str, expected: str) -> None:
        name = identifier if identifier is not None else where
        self.complain("wrong_shape", where, identifier, field, where=name, field=field, expected=expected)

    # -- pieces
    def mapping(self, raw: Mapping[str, Any], field: str, most: int) -> dict[str, Any]:
        """A map of things by id, in order of id; what is not a map of maps is left out and complained about."""
        value = raw.get(field, {})
        if not isinstance(value, dict):
            self.shape("design", None, field, "an object")
            return {}
        if len(value) > most:
            self.complain("too_many", "design", None, field, what=field, maximum=most, count=len(value))
            return {}
        found = {}
        for identifier in sorted(value, key=str):
            if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
                self.complain("bad_identifier", "design", None, field, maximum=limit("identifier_characters"), value=identifier)
            elif not isinstance(value[identifier], dict):
                self.shape(field.rstrip("s"), identifier, field, "an object")
            else:
                found[identifier] = value[identifier]
        return found

    def text(self, raw: Mapping[str, Any], where: str, identifier: str | None, field: str, default: str, most: int) -> str:
        value = raw.get(field, default)
        if not isinstance(value, str):
            self.shape(where, identifier, field, "a text")
            return default
        if len(value) > most:
            self.complain("text_too_long", where, identifier, field, label=identifier or where, title=field, maximum=most)
            return value[:most]
        return value

    def number(
        self,
        raw: Mapping[str, Any],
        where: str,
        identifier: str,
        field: str,
        default: float | None,
        low: float,
        high: float,
    ) -> float:
        value = raw.get(field, default)
        if not is_number(value) or not low <= value <= high:
            self.shape(where, identifier, field, f"a number from {low:g} to {high:g}")
            return default if default is not None else low
        return float(value)

    def parameters(
        self, where: str, identifier: str, label: str, raw: Any, declared: tuple[Parameter, ...], prefix: str = ""
    ) -> dict[str, Any]:
        """All parameters with their values, defaults for those that are absent or wrong. prefix: of the names of their fields."""
        values: dict[str, Any] = {parameter.name: parameter.default for parameter in declared}
        if raw is None:
            return values
        if not isinstance(raw, dict):
            self.shape(where, identifier, prefix.rstrip(".") or "parameters", "an object")
            return values
        by_name = {parameter.name: parameter for parameter in declared}
        for name in sorted(raw, key=str):
            if name not in by_name:
                self.complain("unknown_parameter", where, identifier, f"{prefix}{name}", label=label, field=name)
                continue
            problem = value_problem(by_name[name], raw[name], where, identifier, label)
            if problem is None:
                values[name] = by_name[name].clean(raw[name])
            else:
                self.problems.append(replace(problem, field=f"{prefix}{name}"))
        return values

    # -- parts of the document
    def component(self, identifier: str, raw: dict[str, Any]) -> ComponentSpec | None:
        label = self.text(raw, "component", identifier, "label", identifier, limit("label_characters"))
        kind = raw.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            self.complain("unknown_kind", "component", identifier, "kind", label=label, value=kind)
            return None
        for field in ("x", "y"):
            if field in raw and not is_number(raw[field]):
                self.shape("component", identifier, field, "a number")
        if KINDS[kind].place_rank:
            for field in ("width", "height"):
                self.number(raw, "component", identifier, field, SMALLEST_PLACE_PX, SMALLEST_PLACE_PX, LARGEST_PLACE_PX)
        declared = KINDS[kind].parameters
        parameters = self.parameters("component", identifier, label, raw.get("parameters"), declared)
        return ComponentSpec(kind, label or KINDS[kind].title, parameters, self.inside(identifier, raw))

    def inside(self, identifier: str, raw: dict[str, Any]) -> str | None:
        """The place's id; whether there is such a place is looked at when all components are known."""
        place = raw.get("inside")
        if place is None or _is_identifier(place):
            return place
        self.shape("component", identifier, "inside", "the id of a place")
        return None

    def link(self, identifier: str, raw: dict[str, Any], components: Mapping[str, Any]) -> LinkSpec | None:
        ends = [raw.get("from"), raw.get("to")]
        for field, end in zip(("from", "to"), ends, strict=True):
            if not isinstance(end, str) or end not in components:
                self.complain("link_end_missing", "link", identifier, field, label=identifier, value=end)
        parameters = self.parameters("link", identifier, identifier, raw.get("parameters"), LINK.parameters)
        if not all(isinstance(end, str) and end in components for end in ends):
            return None
        return LinkSpec(str(ends[0]), str(ends[1]), parameters)

    def scenario(self, identifier: str, raw: dict[str, Any]) -> Scenario:
        most_s = float(limit("simulated_seconds"))
        title = self.text(raw, "scenario", identifier, "title", identifier, limit("label_characters"))
        duration_s = self.number(raw, "scenario", identifier, "duration_s", 120.0, 0.1, most_s)
        points = [
            TrafficPoint(
                self.number(point, "scenario", identifier, "at_s", None, 0.0, most_s),
                self.number(point, "scenario", identifier, "multiplier", None, 0.0, 10_000.0),
            )
            for point in self.entries(raw, identifier, "traffic")
        ]
        read = [self.fault(fault, row, identifier, title) for row, fault in enumerate(self.entries(raw, identifier, "faults"))]
        faults = sorted((fault for fault in read if fault is not None), key=lambda f: f.at_s)
        return Scenario(title, duration_s, tuple(sorted(points, key=lambda p: p.at_s)), tuple(faults))

    def entries(self, raw: Mapping[str, Any], identifier: str, field: str) -> list[dict[str, Any]]:
        value = raw.get(field, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.shape("scenario", identifier, field, "a list of objects")
            return []
        most = limit("scenario_points")
        if len(value) > most:
            self.complain("too_many", "scenario", identifier, field, what=field, maximum=most, count=len(value))
            return []
        return value

    def fault(self, raw: dict[str, Any], row: int, identifier: str, title: str) -> Fault | None:
        """What is wrong with it is complained about at `faults.<row>.<field>`."""
        inner = _Reader()
        found = inner.fault_fields(raw, row, identifier, title)
        self.problems += [replace(problem, field=f"faults.{row}.{problem.field}") for problem in inner.problems]
        return found

    def fault_fields(self, raw: dict[str, Any], row: int, identifier: str, title: str) -> Fault | None:
        most_s = float(limit("simulated_seconds"))
        at_s = self.number(raw, "scenario", identifier, "at_s", None, 0.0, most_s)
        for_s = None if raw.get("for_s") is None else self.number(raw, "scenario", identifier, "for_s", None, 0.0, most_s)
        component, link = (self.end(raw, identifier, field) for field in ("component", "link"))
        if component is not None and link is not None:
            self.complain("two_targets", "scenario", identifier, "link", label=title, component=component, link=link)
        action = raw.get("action")
        if not isinstance(action, str) or action not in ACTIONS:
            self.complain("unknown_action", "scenario", identifier, "action", label=title, value=action, known=", ".join(ACTIONS))
            return None
        declared = ACTIONS[action]
        arguments = self.parameters("scenario", identifier, title, raw.get("arguments"), declared.parameters, "arguments.")
        return Fault(at_s, action, arguments, component, link, for_s if declared.lasting else None, row)

    def end(self, raw: dict[str, Any], identifier: str, field: str) -> str | None:
        """The id of what a fault is done to."""
        value = raw.get(field)
        if value is None or _is_identifier(value):
            return value
        self.shape("scenario", identifier, field, "an id")
        return None


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and isfinite(value)


def is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_set_of(value: Any, names: list[str]) -> bool:
    """Whether it is a list in which each name stands once at most."""
    return isinstance(value, list | tuple) and all(isinstance(v, str) and v in names for v in value) and len(set(value)) == len(value)


def value_problem(parameter: Parameter, value: Any, where: str, identifier: str | None, label: str) -> Problem | None:
    """Why a value cannot be that of a parameter; None when it can."""

    def problem(code: str, **arguments: Any) -> Problem:
        known = {"label": label, "title": parameter.title, "value": value, **arguments}
        return Problem(code, where, identifier, parameter.name, tuple(known.items()))

    if parameter.type == "boolean":
        return None if isinstance(value, bool) else problem("not_a_boolean")
    if parameter.type == "choice":
        names = [choice.value for choice in parameter.choices]
        known = isinstance(value, str) and value in names
        return None if known else problem("not_a_choice", choices=", ".join(names))
    if parameter.type == "set":
        names = [choice.value for choice in parameter.choices]
        return None if _is_set_of(value, names) else problem("not_a_set", choices=", ".join(names))
    if parameter.type == "component":
        return None if value == "" or _is_identifier(value) else problem("not_a_component")
    if parameter.type == "text":
        if not isinstance(value, str):
            return problem("not_a_text")
        return problem("text_too_long", maximum=parameter.maximum) if len(value) > (parameter.maximum or 0) else None
    if not is_number(value):
        return problem("not_a_number")
    if parameter.type == "integer" and value != int(value):
        return problem("not_an_integer")
    assert parameter.minimum is not None and parameter.maximum is not None
    if not parameter.minimum <= value <= parameter.maximum:
        return problem("out_of_bounds", minimum=parameter.minimum, maximum=parameter.maximum, unit=parameter.unit)
    return None


def parse(raw: Any) -> tuple[Design | None, list[Problem]]:
    """The design in a JSON value, and what is wrong with it. The design is None when it is no design document at all."""
    reader = _Reader()
    if not isinstance(raw, dict):
        reader.complain("not_a_design", "design", None, None, detail="it is not an object")
        return None, reader.problems
    if raw.get("format") != FORMAT:
        reader.complain("not_a_design", "design", None, "format", detail=f'its format is not "{FORMAT}"')
        return None, reader.problems
    version = raw.get("version")
    if not is_known_version(version):
        reader.complain("unknown_version", "design", None, "version", version=version, known=NEWEST)
        return None, reader.problems
    return _read(upgrade(raw), reader), reader.problems


def _read(raw: dict[str, Any], reader: _Reader) -> Design:
    name = reader.text(raw, "design", None, "name", "", limit("label_characters"))
    for field in ("description", "try_this"):
        reader.text(raw, "design", None, field, "", limit("text_characters"))
    seed = raw.get("seed", 1)
    if not is_seed(seed):
        reader.shape("design", None, "seed", SEEDS)
        seed = 1
    components = {}
    for identifier, part in reader.mapping(raw, "components", limit("components")).items():
        component = reader.component(identifier, part)
        if component is not None:
            components[identifier] = component
    links = {}
    for identifier, part in reader.mapping(raw, "links", limit("links")).items():
        link = reader.link(identifier, part, raw["components"] if isinstance(raw.get("components"), dict) else {})
        if link is not None and link.source in components and link.target in components:
            links[identifier] = link
    scenarios = {i: reader.scenario(i, part) for i, part in reader.mapping(raw, "scenarios", limit("scenarios")).items()}
    chosen = raw.get("scenario", next(iter(scenarios), "steady"))
    if not scenarios:
        scenarios = {"steady": STEADY}
    if not isinstance(chosen, str) or chosen not in scenarios:
        if "scenario" in raw and raw["scenario"] is not None:
            reader.complain("unknown_scenario", "design", None, "scenario", value=chosen)
        chosen = next(iter(scenarios))
    return Design(name, seed, components, links, scenarios, chosen)
