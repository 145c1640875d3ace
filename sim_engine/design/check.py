"""What keeps a design from running (problems) and what is unwise about it (hints)."""

from collections.abc import Iterator
from typing import Any

from sim_engine.catalogue.component import Component, Port
from sim_engine.components import KINDS
from sim_engine.design.document import Design, parse
from sim_engine.limits import limit
from sim_engine.messages import Problem


def port_for(source: type[Component], target: type[Component]) -> Port | None:
    """The port that a link from one kind to another uses: the first that accepts what the target provides."""
    return next((port for port in source.ports if target.provides in port.accepts), None)


def check(raw: Any) -> list[Problem]:
    """Problems and hints of a JSON value that should be a design document. Never raises for what it holds."""
    design, problems = parse(raw)
    if design is None:
        return problems
    return [*problems, *wiring_problems(design), *hints(design)]


def _label(design: Design, identifier: str) -> str:
    return design.components[identifier].label


def _problem(
    code: str, where: str, identifier: str | None, field: str | None = None, severity: str = "problem", **arguments: Any
) -> Problem:
    return Problem(code, where, identifier, field, tuple(arguments.items()), severity)


def wiring_problems(design: Design) -> list[Problem]:
    """Problems of a design whose values are all good by themselves."""
    return [
        *_link_problems(design), *_component_problems(design), *_cycle_problems(design), *_scenario_problems(design),
        *_size_problems(design),
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


def _component_problems(design: Design) -> Iterator[Problem]:
    outgoing = {link.source for link in design.links.values()}
    for identifier, spec in design.components.items():
        kind = KINDS[spec.kind]
        if any(port.required for port in kind.ports) and identifier not in outgoing:
            yield _problem("nowhere_to_go", "component", identifier, label=spec.label)
        if kind.provides == "replica":
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


def _scenario_problems(design: Design) -> Iterator[Problem]:
    for name, scenario in design.scenarios.items():
        for fault in scenario.faults:
            if fault.component not in design.components:
                yield _problem("fault_target_missing", "scenario", name, "faults", label=scenario.title, value=fault.component)
                continue
            target = design.components[fault.component]
            if fault.action not in KINDS[target.kind].can:
                yield _problem(
                    "fault_not_possible",
                    "scenario",
                    name,
                    "faults",
                    label=scenario.title,
                    value=fault.action,
                    target=target.label,
                )


def _size_problems(design: Design) -> Iterator[Problem]:
    users = sum(int(s.parameters["users"]) for s in design.components.values() if s.parameters.get("model") == "closed")
    if users > limit("users"):
        yield _problem("too_many", "design", None, "users", what="users", maximum=limit("users"), count=users)
    keys = max((int(s.parameters["keys"]) for s in design.components.values() if KINDS[s.kind].is_source), default=0)
    stores = sum(KINDS[s.kind].has_versions or KINDS[s.kind].key_store is not None for s in design.components.values())
    if keys * stores > limit("store_cells"):
        yield _problem("store_too_large", "design", None, keys=keys, stores=stores)


def hints(design: Design) -> list[Problem]:
    """What is unwise, with the mend."""
    return [*_single_points(design), *_loose_ends(design)]


def _single_points(design: Design) -> Iterator[Problem]:
    """Components without which no request reaches what it was sent to: the only one that its caller has for a port."""
    for identifier, spec in design.components.items():
        kind = KINDS[spec.kind]
        if kind.is_source or kind.provides not in ("http", "sql"):
            continue
        callers = [link for link in design.links.values() if link.target == identifier]
        alone = any(
            sum(_same_port(design, link.source, other.target, identifier) for other in design.links.values() if other.source == link.source)
            == 1
            for link in callers
        )
        covered = any(
            link.source == identifier and KINDS[design.components[link.target].kind].provides == "replica" for link in design.links.values()
        )
        if alone and not covered:
            yield _problem("single_point", "component", identifier, severity="hint", label=spec.label)


def _same_port(design: Design, source: str, target: str, like: str) -> bool:
    kinds = design.components
    return port_for(KINDS[kinds[source].kind], KINDS[kinds[target].kind]) is port_for(KINDS[kinds[source].kind], KINDS[kinds[like].kind])


def _loose_ends(design: Design) -> Iterator[Problem]:
    reached = {link.target for link in design.links.values()}
    for identifier, spec in design.components.items():
        kind = KINDS[spec.kind]
        if kind.runs and not kind.is_source and identifier not in reached and kind.provides != "replica":
            yield _problem("not_linked", "component", identifier, severity="hint", label=spec.label)
