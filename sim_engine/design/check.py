"""What keeps a design from running (problems) and what is unwise about it (hints)."""

from collections.abc import Iterator
from typing import Any

from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import Design, Fault, Scenario, parse
from sim_engine.design.hints import hints
from sim_engine.design.mends import with_mends
from sim_engine.design.ports import Wiring, port_for
from sim_engine.design.upgrade import upgraded
from sim_engine.limits import limit
from sim_engine.messages import Problem


def check(raw: Any) -> list[Problem]:
    """Problems and hints of a JSON value that should be a design document. Never raises for what it holds."""
    design, problems = parse(raw)
    if design is None:
        return problems
    found = [*problems, *wiring_problems(design), *hints(design)]
    return with_mends(found, design, upgraded(raw))


def _label(design: Design, identifier: str) -> str:
    return design.components[identifier].label


def _problem(
    code: str, where: str, identifier: str | None, field: str | None = None, severity: str = "problem", **arguments: Any
) -> Problem:
    return Problem(code, where, identifier, field, tuple(arguments.items()), severity)


def wiring_problems(design: Design) -> list[Problem]:
    """Problems of a design whose values are all good by themselves."""
    return [
        *_link_problems(design), *_control_problems(design), *_component_problems(design), *_place_problems(design),
        *_cycle_problems(design), *_scenario_problems(design), *_size_problems(design),
    ]  # fmt: skip


def _link_problems(design: Design) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for link_id, link in design.links.items():
        source, target = design.components[link.source], design.components[link.target]
        if link.source == link.target:
            yield _problem("link_to_itself", "link", link_id, label=source.label)
        elif port_for(KINDS[source.kind], KINDS[target.kind]) is None:
            yield _problem(
                "no_port", "link", link_id, label=source.label, target=target.label, kind=KINDS[source.kind].title,
                target_kind=KINDS[target.kind].title,
            )  # fmt: skip
        if (link.source, link.target) in seen:
            yield _problem("doubled_link", "link", link_id, label=source.label, target=target.label)
        seen.add((link.source, link.target))


def _control_problems(design: Design) -> Iterator[Problem]:
    """Two of a kind that control the same would undo what the other does."""
    seen: set[tuple[str, str]] = set()
    for link_id, link in Wiring(design).controls.items():
        source = design.components[link.source]
        if (source.kind, link.target) in seen:
            target = _label(design, link.target)
            yield _problem("two_controllers", "link", link_id, label=source.label, target=target, kind=KINDS[source.kind].title)
        seen.add((source.kind, link.target))


def _component_problems(design: Design) -> Iterator[Problem]:
    outgoing = {link.source for link in design.links.values()}
    for identifier, spec in design.components.items():
        kind = KINDS[spec.kind]
        if any(port.required for port in kind.ports) and identifier not in outgoing:
            yield _problem("nowhere_to_go", "component", identifier, label=spec.label)
        if kind.is_replica:
            primaries = [link for link in design.links.values() if link.target == identifier]
            if len(primaries) > 1:
                yield _problem("two_primaries", "component", identifier, label=spec.label, count=len(primaries))
            elif not primaries:
                yield _problem("orphan_replica", "component", identifier, label=spec.label)
        for field, code in kind.problems(dict(spec.parameters)):
            yield _problem(code, "component", identifier, field, label=spec.label)
    if not any(KINDS[spec.kind].is_source for spec in design.components.values()):
        yield _problem("nothing_sends", "design", None)


def _cycle_problems(design: Design) -> Iterator[Problem]:
    """A component that calls itself through others never answers."""
    callees: dict[str, list[str]] = {}
    for link in design.links.values():
        callees.setdefault(link.source, []).append(link.target)
    done: set[str] = set()
    for start in design.components:
        path: list[str] = []
        iterators = [iter([start])]
        while iterators:
            following = next(iterators[-1], None)
            if following is None:
                iterators.pop()
                if path:
                    done.add(path.pop())
            elif following in path:
                round_trip = path[path.index(following) :]
                names = " → ".join(_label(design, i) for i in [*round_trip, following])
                yield _problem("endless_cycle", "component", following, label=_label(design, following), path=names)
                return
            elif following not in done:
                path.append(following)
                iterators.append(iter(callees.get(following, [])))


def _place_problems(design: Design) -> Iterator[Problem]:
    """Places hold components and smaller places."""
    for identifier, spec in design.components.items():
        if spec.inside is None:
            continue
        if spec.inside not in design.components:
            yield _problem("inside_missing", "component", identifier, "inside", label=spec.label, value=spec.inside)
            continue
        place = design.components[spec.inside]
        kind, target_kind = KINDS[spec.kind], KINDS[place.kind]
        if not target_kind.place_rank:
            yield _problem(
                "inside_no_place", "component", identifier, "inside", label=spec.label, target=place.label, target_kind=target_kind.title
            )
        elif kind.place_rank >= target_kind.place_rank:
            yield _problem(
                "inside_wrong_place", "component", identifier, "inside", label=spec.label, target=place.label, kind=kind.title,
                target_kind=target_kind.title,
            )  # fmt: skip


def _scenario_problems(design: Design) -> Iterator[Problem]:
    for name, scenario in design.scenarios.items():
        for fault in scenario.faults:
            yield from _fault_problems(design, name, scenario, fault)


def _fault_problems(design: Design, name: str, scenario: Scenario, fault: Fault) -> Iterator[Problem]:
    known = {"label": scenario.title, "title": ACTIONS[fault.action].title}

    def problem(code: str, field: str, **arguments: Any) -> Problem:
        return _problem(code, "scenario", name, f"faults.{fault.row}.{field}", **known, **arguments)

    if fault.component is None and fault.link is None:
        if fault.action not in TRAFFIC_ACTIONS:
            yield problem("fault_not_for_traffic", "component")
        return
    field, target = ("component", fault.component) if fault.component is not None else ("link", fault.link)
    if target not in (design.components if field == "component" else design.links):
        yield problem("fault_target_missing", field, value=target)
        return
    if fault.action not in actions_of(design, fault):
        yield problem("fault_not_possible", "action", target=title_of(design, fault))
    for parameter in ACTIONS[fault.action].parameters:
        if parameter.type != "component":
            continue
        value = fault.arguments[parameter.name]
        if value not in design.components:
            yield problem("argument_missing", f"arguments.{parameter.name}", argument=parameter.title)
        elif value == target:
            yield problem("argument_itself", f"arguments.{parameter.name}", target=_label(design, value))


def actions_of(design: Design, fault: Fault) -> tuple[str, ...]:
    """The names of what can be done to the target of a fault."""
    return LINK.actions if fault.component is None else KINDS[design.components[fault.component].kind].actions


def title_of(design: Design, fault: Fault) -> str:
    """What people call the target of a fault."""
    if fault.component is not None:
        return _label(design, fault.component)
    assert fault.link is not None
    link = design.links[fault.link]
    return f"{_label(design, link.source)} → {_label(design, link.target)}"


def _size_problems(design: Design) -> Iterator[Problem]:
    users = sum(int(s.parameters["users"]) for s in design.components.values() if s.parameters.get("model") == "closed")
    instances = sum(KINDS[s.kind].instances_of(s.parameters) for s in design.components.values() if KINDS[s.kind].runs)
    if instances > limit("instances"):
        yield _problem("too_many", "design", None, "instances", what="instances", maximum=limit("instances"), count=instances)
    if users > limit("users"):
        yield _problem("too_many", "design", None, "users", what="users", maximum=limit("users"), count=users)
    keys = max((int(s.parameters["keys"]) for s in design.components.values() if KINDS[s.kind].is_source), default=0)
    keys += max((int(s.parameters.get("static_objects", 0)) for s in design.components.values()), default=0)
    stores = sum(KINDS[s.kind].columns(s.parameters) for s in design.components.values())
    if keys * stores > limit("store_cells"):
        yield _problem("store_too_large", "design", None, keys=keys, stores=stores)
