"""What is unwise about a design that runs all the same."""

from collections.abc import Iterator
from typing import Any

from sim_engine.catalogue.growth import SPREAD
from sim_engine.catalogue.prices import KB_PER_GB
from sim_engine.components import KINDS
from sim_engine.design.document import Design
from sim_engine.design.ports import Wiring
from sim_engine.messages import Problem

MANY_ATTEMPTS = 4


def hints(design: Design) -> list[Problem]:
    wiring = Wiring(design)
    return [
        *_single_points(wiring), *_unbalanced(wiring), *_uncached(wiring), *_retries(wiring), *_loose_ends(wiring),
        *_idle_controllers(wiring), *_filling(wiring), *_bypassed(wiring), *_apart(wiring), *_in_no_zone(wiring), *_own_hints(design),
    ]  # fmt: skip


def _hint(code: str, identifier: str, **arguments: Any) -> Problem:
    return Problem(code, "component", identifier, None, tuple(arguments.items()), "hint")


def _single_points(wiring: Wiring) -> Iterator[Problem]:
    """Components without which no request reaches what it was sent to: the only one that its caller has for a port."""
    for identifier, spec in wiring.design.components.items():
        kind = wiring.kind(identifier)
        if kind.is_source or kind.provides not in ("http", "sql") or spec.parameters.get("instances", 1) != 1:
            continue
        alone = any(wiring.over_same_port(link) == 1 for link in wiring.incoming[identifier])
        if alone and not any(wiring.kind(link.target).is_replica for link in wiring.outgoing[identifier]):
            yield _hint("single_point", identifier, label=spec.label)


def _own_hints(design: Design) -> Iterator[Problem]:
    for identifier, spec in design.components.items():
        for field, code in KINDS[spec.kind].hints(dict(spec.parameters)):
            yield Problem(code, "component", identifier, field, (("label", spec.label),), "hint")


def _filling(wiring: Wiring) -> Iterator[Problem]:
    """Disks that may not have room for what is written in a run; what comes over alternative links is spread evenly over them."""
    components = wiring.design.components
    written = {identifier: wiring.kind(identifier).written_kb_per_s(spec.parameters) for identifier, spec in components.items()
               if wiring.kind(identifier).is_source}  # fmt: skip
    for identifier, spec in components.items():
        disk = wiring.kind(identifier).disk
        if disk is None or disk.size is None or disk.gives_back or not wiring.kind(identifier).stores(spec.parameters):
            continue
        size_gb = float(spec.parameters[disk.size])
        reaching = sum(kb for source, kb in written.items() if wiring.reaches(source, identifier))
        alternatives = min((wiring.over_same_port(link) for link in wiring.incoming[identifier]), default=1)
        share = 1.0 if disk.share is None else float(spec.parameters[disk.share])
        stays_s = wiring.design.scenarios[wiring.design.scenario].duration_s
        if disk.retention_s is not None and spec.parameters[disk.retention_s] > 0.0:
            stays_s = min(stays_s, float(spec.parameters[disk.retention_s]))
        held_gb = 0.0 if disk.holds is None else float(spec.parameters[disk.holds])
        if 0.0 < size_gb < held_gb + reaching / alternatives * share * stays_s / KB_PER_GB:
            yield Problem("disk_too_small", "component", identifier, disk.size, (("label", spec.label),), "hint")


def _apart(wiring: Wiring) -> Iterator[Problem]:
    """Several machines that answer requests and each keep data of their own: what is written to one is missing at the others."""
    keeping = {
        identifier: spec
        for identifier, spec in wiring.design.components.items()
        if wiring.kind(identifier).provides == "http" and wiring.kind(identifier).keeps_versions(spec.parameters)
    }
    count = sum(int(spec.parameters.get("instances", 1)) for spec in keeping.values())
    if count > 1:
        for identifier, spec in keeping.items():
            yield _hint("data_apart", identifier, label=spec.label, count=count)


def _in_no_zone(wiring: Wiring) -> Iterator[Problem]:
    """Several instances in a region with zones that stand in none of them: no zone that is lost would touch them."""
    components = wiring.design.components
    regions = {spec.inside for identifier, spec in components.items() if wiring.kind(identifier).place_rank}
    grown = {link.target for link in wiring.controls.values()}
    for identifier, spec in components.items():
        several = identifier in grown or int(spec.parameters.get("instances", 1)) > 1
        if spec.inside in regions - {None} and several and spec.parameters.get(SPREAD) is False:
            yield _hint("in_no_zone", identifier, label=spec.label, place=components[str(spec.inside)].label)


def _unbalanced(wiring: Wiring) -> Iterator[Problem]:
    """Clients that choose among several machines themselves: nobody takes a dead one out for them."""
    for identifier, spec in wiring.design.components.items():
        if wiring.kind(identifier).is_source:
            machines = (wiring.design.components[target] for target in direct_targets(wiring, identifier))
            count = sum(int(machine.parameters.get("instances", 1)) for machine in machines)
            if count > 1:
                yield _hint("no_balancer", identifier, label=spec.label, count=count)


def direct_targets(wiring: Wiring, source: str) -> list[str]:
    """What it calls that answers by itself, rather than pass requests on."""
    return [target for target in wiring.targets(source, "http") if wiring.kind(target).passes_on is None]


def _uncached(wiring: Wiring) -> Iterator[Problem]:
    """Databases that answer every read themselves."""
    for identifier, spec in wiring.design.components.items():
        if wiring.kind(identifier).provides == "sql" and not wiring.kind(identifier).in_memory:
            callers = cacheless_callers(wiring, identifier)
            if callers and len(callers) == len(wiring.incoming[identifier]):
                yield _hint("no_cache", identifier, label=spec.label)


def cacheless_callers(wiring: Wiring, database: str) -> list[str]:
    """Who calls a database, could ask a cache first, and has none."""
    callers = [link.source for link in wiring.incoming[database]]
    able = (caller for caller in callers if any("cache" in port.accepts for port in wiring.kind(caller).ports))
    return [caller for caller in able if not any(wiring.targets(caller, "cache"))]


def _retries(wiring: Wiring) -> Iterator[Problem]:
    """Retries at several places, one behind the other, multiply."""
    known: dict[str, tuple[int, list[str]]] = {}
    for identifier, spec in wiring.design.components.items():
        if not wiring.kind(identifier).is_source:
            continue
        attempts, repeaters = repeated(wiring, identifier, known)
        if len(repeaters) > 1 and attempts > MANY_ATTEMPTS:
            path = " → ".join(wiring.design.components[repeater].label for repeater in dict.fromkeys(repeaters))
            yield _hint("retries_multiply", identifier, label=spec.label, count=attempts, path=path)


def repeated(wiring: Wiring, identifier: str, known: dict[str, tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """How often the last of a chain of components is tried at most for one request, and who repeats, from here on."""
    if identifier in known:
        return known[identifier]
    known[identifier] = 1, []  # of a cycle, which is a problem of its own
    own = 1 + int(wiring.design.components[identifier].parameters.get("retries", 0))
    most, behind = 1, list[str]()
    for link in wiring.outgoing[identifier]:
        times, repeaters = repeated(wiring, link.target, known)
        over = 1 + int(link.parameters["retries"])
        if over * times > most:
            most, behind = over * times, [identifier] * (over > 1) + repeaters
    known[identifier] = own * most, [identifier] * (own > 1) + behind
    return known[identifier]


def _idle_controllers(wiring: Wiring) -> Iterator[Problem]:
    """Whoever could control something and has nothing to."""
    busy = {link.source for link in wiring.controls.values()}
    for identifier, spec in wiring.design.components.items():
        if identifier not in busy and any(not port.carries_traffic for port in wiring.kind(identifier).ports):
            yield _hint("controls_nothing", identifier, label=spec.label)


def _loose_ends(wiring: Wiring) -> Iterator[Problem]:
    for identifier, spec in wiring.design.components.items():
        kind = wiring.kind(identifier)
        if kind.provides is not None and not kind.is_replica and not wiring.incoming[identifier]:
            yield _hint("not_linked", identifier, label=spec.label)


def _bypassed(wiring: Wiring) -> Iterator[Problem]:
    """Links over which nothing goes, since names are asked for: requests go to whom the answer names."""
    for link_id, link in wiring.design.links.items():
        names = list(wiring.targets(link.source, "dns"))
        if names and wiring.kind(link.source).is_source and wiring.kind(link.target).provides == "http":
            ends = (link.source, link.target, names[0])
            label, target, name = (wiring.design.components[end].label for end in ends)
            arguments = (("label", label), ("target", target), ("name", name))
            yield Problem("link_bypassed", "link", link_id, None, arguments, "hint")
