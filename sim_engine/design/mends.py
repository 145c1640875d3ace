"""What would help: for a problem or a hint, a change of the design that can be made with one click.

A mend's `edit` is a part of a design document that is laid over it: {"components": {id: {…} or null}, "links": {…}}; null removes.
"""

from collections.abc import Callable, Iterable, Mapping
from math import hypot
from typing import Any, Final

from sim_engine.catalogue.component import Component
from sim_engine.catalogue.growth import SPREAD
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.document import Design, is_number
from sim_engine.design.hints import cacheless_callers, direct_targets, repeated
from sim_engine.design.ports import Wiring, port_for
from sim_engine.messages import Mend, Problem

Edit = dict[str, dict[str, Any]]
APART_X_PX, APART_Y_PX = 240.0, 120.0


class _Drawing:
    """A design with the places of its components on the canvas."""

    def __init__(self, design: Design, raw: Mapping[str, Any]) -> None:
        self.design = design
        self.wiring = Wiring(design)
        self._raw = raw.get("components", {})

    def at(self, identifier: str) -> tuple[float, float]:
        part = self._raw[identifier]
        x, y = (part.get(field, 0.0) for field in ("x", "y"))
        return (float(x), float(y)) if is_number(x) and is_number(y) else (0.0, 0.0)

    def between(self, ends: Iterable[str]) -> tuple[float, float]:
        places = [self.at(end) for end in ends]
        return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)

    def nearest(self, to: str, among: Iterable[str]) -> str | None:
        x, y = self.at(to)
        return min(among, key=lambda i: (hypot(self.at(i)[0] - x, self.at(i)[1] - y), i), default=None)

    def new_part(self, kind: type[Component], x: float, y: float, like: str) -> tuple[str, dict[str, Any]]:
        """A component of a kind, inside the same place as another one."""
        identifier, number = kind.kind, 1
        while identifier in self.design.components:
            number += 1
            identifier = f"{kind.kind}-{number}"
        label = kind.title if number == 1 else f"{kind.title} {number}"
        part = {"kind": kind.kind, "label": label, "x": round(x), "y": round(y), "parameters": {}}
        return identifier, part | {"inside": self.design.components[like].inside}

    def new_link(self, source: str, target: str) -> tuple[str, dict[str, Any]]:
        identifier, number = f"{source}-{target}"[:60], 1
        while identifier in self.design.links:
            number += 1
            identifier = f"{source}-{target}"[:60] + f"-{number}"
        return identifier, {"from": source, "to": target, "parameters": {}}

    def added(self, kind: type[Component], place: tuple[float, float], like: str, sources: Iterable[str], targets: Iterable[str]) -> Edit:
        """A new component that is linked from some and to others."""
        identifier, part = self.new_part(kind, *place, like)
        links = [*(self.new_link(source, identifier) for source in sources), *(self.new_link(identifier, target) for target in targets)]
        return {"components": {identifier: part}, "links": dict(links)}

    def links_between(self, sources: Iterable[str], targets: Iterable[str]) -> list[str]:
        ends = set(sources), set(targets)
        return [i for i, link in self.design.links.items() if link.source in ends[0] and link.target in ends[1]]


def _mend(code: str, edit: Edit, **arguments: Any) -> Mend:
    return Mend(code, edit, tuple(arguments.items()))


def _first_kind(fits: Callable[[type[Component]], bool]) -> type[Component] | None:
    return next((kind for kind in KINDS.values() if kind.runs and fits(kind)), None)


# -- links
def _delete_link(drawing: _Drawing, problem: Problem) -> Mend:
    return _mend("mend_delete_link", {"links": {str(problem.component): None}})


def _put_between(drawing: _Drawing, problem: Problem) -> Mend:
    """Something that the one can call and that can call the other."""
    link = drawing.design.links[str(problem.component)]
    source, target = drawing.wiring.kind(link.source), drawing.wiring.kind(link.target)
    kind = _first_kind(lambda k: port_for(source, k) is not None and port_for(k, target) is not None)
    if kind is None:
        return _delete_link(drawing, problem)
    edit = drawing.added(kind, drawing.between([link.source, link.target]), link.source, [link.source], [link.target])
    return _mend("mend_put_between", {**edit, "links": {**edit["links"], str(problem.component): None}}, kind=kind.title)


def _open_cycle(drawing: _Drawing, problem: Problem) -> Mend:
    here = str(problem.component)
    closing = (i for i, link in drawing.design.links.items() if link.target == here and drawing.wiring.reaches(here, link.source))
    identifier = next(closing)
    source = drawing.design.components[drawing.design.links[identifier].source].label
    target = drawing.design.components[here].label
    return _mend("mend_delete_link_of", {"links": {identifier: None}}, label=source, target=target)


def _keep_one_primary(drawing: _Drawing, problem: Problem) -> Mend:
    links = [i for i, link in drawing.design.links.items() if link.target == problem.component]
    label = drawing.design.components[drawing.design.links[links[0]].source].label
    return _mend("mend_keep_one", {"links": dict.fromkeys(links[1:])}, label=label)


def _name(drawing: _Drawing, problem: Problem) -> Mend:
    """Whoever is asked for names leads there instead."""
    here = str(problem.component)
    link = drawing.design.links[here]
    name = next(drawing.wiring.targets(link.source, "dns"))
    known = drawing.links_between([name], [link.target])
    new = {} if known else dict([drawing.new_link(name, link.target)])
    labels = (drawing.design.components[end].label for end in (name, link.target))
    return _mend("mend_name", {"links": {here: None, **new}}, **dict(zip(("label", "target"), labels, strict=True)))


# -- components
def _link_onward(drawing: _Drawing, problem: Problem) -> Mend | None:
    """To the nearest that it can call and that does not call it; else to a new one."""
    here = str(problem.component)
    kind = drawing.wiring.kind(here)
    free = [i for i in drawing.design.components if port_for(kind, drawing.wiring.kind(i)) and not drawing.wiring.reaches(i, here)]
    target = drawing.nearest(here, [i for i in free if not drawing.wiring.incoming[i]] or free)
    if target is not None:
        return _connect(drawing, here, target)
    new = _first_kind(lambda k: port_for(kind, k) is not None and not k.is_replica)
    if new is None:
        return None
    x, y = drawing.at(here)
    return _mend("mend_add_target", drawing.added(new, (x + APART_X_PX, y), here, [here], []), kind=new.title)


def _link_from(drawing: _Drawing, problem: Problem) -> Mend | None:
    """From the nearest that can call it and that it does not call."""
    here = str(problem.component)
    kind, reaches = drawing.wiring.kind(here), drawing.wiring.reaches
    source = drawing.nearest(
        here, [i for i in drawing.design.components if _can_call(drawing.wiring.kind(i), kind) and not reaches(here, i)]
    )
    return None if source is None else _connect(drawing, source, here)


def _can_call(source: type[Component], target: type[Component]) -> bool:
    port = port_for(source, target)
    return port is not None and port.carries_traffic


def _connect(drawing: _Drawing, source: str, target: str) -> Mend:
    labels = (drawing.design.components[end].label for end in (source, target))
    return _mend("mend_connect", {"links": dict([drawing.new_link(source, target)])}, **dict(zip(("label", "target"), labels, strict=True)))


def _delete_component(drawing: _Drawing, problem: Problem) -> Mend:
    return _mend("mend_delete_component", {"components": {str(problem.component): None}})


def _link_from_or_delete(drawing: _Drawing, problem: Problem) -> Mend:
    return _link_from(drawing, problem) or _delete_component(drawing, problem)


def _add_source(drawing: _Drawing, problem: Problem) -> Mend | None:
    """Clients for what nobody calls yet."""
    for kind in KINDS.values():
        fitting = [i for i in drawing.design.components if kind.is_source and port_for(kind, drawing.wiring.kind(i))]
        entry = next((i for i in fitting if not drawing.wiring.incoming[i]), None)
        if entry is not None:
            x, y = drawing.at(entry)
            return _mend("mend_add_source", drawing.added(kind, (x - APART_X_PX, y), entry, [], [entry]), kind=kind.title)
    return None


def _move_out(drawing: _Drawing, problem: Problem) -> Mend:
    return _mend("mend_move_out", {"components": {str(problem.component): {"inside": None}}})


# -- values
def _nearest_bound(drawing: _Drawing, problem: Problem) -> Mend:
    known = dict(problem.arguments)
    value = known["minimum"] if known["value"] < known["minimum"] else known["maximum"]
    return _mend("mend_set", _setting(problem, value), value=value, unit=known["unit"])


def _as_few_as_most(drawing: _Drawing, problem: Problem) -> Mend:
    most = drawing.design.components[str(problem.component)].parameters["maximum"]
    return _mend("mend_set", _setting(problem, most), value=most, unit="")


def _default(drawing: _Drawing, problem: Problem) -> Mend:
    declaring = LINK if problem.where == "link" else drawing.wiring.kind(str(problem.component))
    return _mend("mend_set_default", _setting(problem, declaring.parameter(str(problem.field)).document()["default"]))


def _setting(problem: Problem, value: Any) -> Edit:
    return {f"{problem.where}s": {str(problem.component): {"parameters": {str(problem.field): value}}}}


# -- hints
def _second_one(drawing: _Drawing, problem: Problem) -> Mend | None:
    """A second instance, or else a replica."""
    here = str(problem.component)
    kind = drawing.wiring.kind(here)
    if kind.grows:
        return _mend("mend_two_instances", {"components": {here: {"parameters": {"instances": 2}}}})
    replica = _first_kind(lambda k: k.is_replica and port_for(kind, k) is not None)
    if replica is None:
        return None
    x, y = drawing.at(here)
    return _mend("mend_add_replica", drawing.added(replica, (x + APART_X_PX, y), here, [here], []))


def _spread(drawing: _Drawing, problem: Problem) -> Mend:
    return _mend("mend_spread", {"components": {str(problem.component): {"parameters": {SPREAD: True}}}})


def _balance(drawing: _Drawing, problem: Problem) -> Mend | None:
    here = str(problem.component)
    targets = direct_targets(drawing.wiring, here)
    kinds = [drawing.wiring.kind(end) for end in (here, *targets)]
    kind = _first_kind(lambda k: k.passes_on is not None and all(port_for(k, t) for t in kinds[1:]) and port_for(kinds[0], k) is not None)
    if kind is None:
        return None
    x, y = drawing.between(targets)
    place = (drawing.at(here)[0] + x) / 2.0, y
    edit = drawing.added(kind, place, targets[0], [here], targets)
    return _mend("mend_add_balancer", {**edit, "links": {**edit["links"], **dict.fromkeys(drawing.links_between([here], targets))}})


def _add_cache(drawing: _Drawing, problem: Problem) -> Mend | None:
    here = str(problem.component)
    callers = list(dict.fromkeys(cacheless_callers(drawing.wiring, here)))
    kind = _first_kind(lambda k: k.provides == "cache")
    if kind is None:
        return None
    x, y = drawing.at(here)
    return _mend("mend_add_cache", drawing.added(kind, (x, y - APART_Y_PX), here, callers, []))


def _no_retries(drawing: _Drawing, problem: Problem) -> Mend:
    """Only whoever comes first repeats."""
    here = str(problem.component)
    _attempts, repeaters = repeated(drawing.wiring, here, {})
    by_itself = int(drawing.design.components[here].parameters.get("retries", 0)) > 0
    repeating = [i for i, link in drawing.design.links.items() if link.parameters["retries"] > 0]
    behind = [i for i in repeating if drawing.wiring.reaches(here, drawing.design.links[i].source)]
    spared = [i for i in behind if by_itself or drawing.design.links[i].source != repeaters[0]]
    return _mend("mend_retry_once", {"links": {i: {"parameters": {"retries": 0}} for i in spared}})


MENDS_OF: Final[dict[str, Callable[[_Drawing, Problem], Mend | None]]] = {
    "link_to_itself": _delete_link, "doubled_link": _delete_link, "link_end_missing": _delete_link, "no_port": _put_between,
    "two_controllers": _delete_link, "controls_nothing": _link_onward, "fewest_above_most": _as_few_as_most,
    "endless_cycle": _open_cycle, "two_primaries": _keep_one_primary, "nowhere_to_go": _link_onward, "orphan_replica": _link_from,
    "not_linked": _link_from_or_delete, "nothing_sends": _add_source, "unknown_kind": _delete_component,
    "inside_missing": _move_out, "inside_no_place": _move_out, "inside_wrong_place": _move_out,
    "out_of_bounds": _nearest_bound, "not_a_number": _default, "not_an_integer": _default, "not_a_boolean": _default,
    "not_a_choice": _default, "not_a_set": _default, "single_point": _second_one, "no_balancer": _balance, "no_cache": _add_cache,
    "retries_multiply": _no_retries, "link_bypassed": _name, "in_no_zone": _spread,
}  # fmt: skip


def with_mends(problems: list[Problem], design: Design, raw: Mapping[str, Any]) -> list[Problem]:
    """The same, with what would help. raw: the document of the design, in the newest version."""
    drawing = _Drawing(design, raw)
    return [problem.with_mend(_mend_of(drawing, problem)) for problem in problems]


def _mend_of(drawing: _Drawing, problem: Problem) -> Mend | None:
    find = MENDS_OF.get(problem.code)
    return None if find is None or problem.where == "scenario" else find(drawing, problem)
