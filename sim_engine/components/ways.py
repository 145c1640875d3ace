"""Ways: links of a port with the same priority, classes and share stand for each other; a request goes the first way whose rule takes it.

The last way that takes a class takes all of it that is left, whatever its share: nobody is left without an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.classes import CLASS_NAMES

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.instance import Instance


@dataclass(frozen=True, slots=True)
class Way:
    links: tuple[str, ...]
    classes: tuple[str, ...]


def by_priority(me: Instance, port: str) -> list[str]:
    """Links of a port, the first by priority first."""
    return sorted(me.links_of(port), key=lambda link_id: me.rule(link_id)["priority"])


def untaken(me: Instance, links: Iterable[str]) -> list[str]:
    """Classes of traffic that none of these links takes."""
    taken = {name for link_id in links for name in me.rule(link_id)["classes"]}
    return [name for name in CLASS_NAMES if name not in taken]


def ways(me: Instance, links: Iterable[str], classes: Iterable[str] = CLASS_NAMES) -> list[Way]:
    """Ways over these links for these classes, in the order of the links."""
    wanted = set(classes)
    alike: dict[tuple[Any, ...], list[str]] = {}
    for link_id in links:
        rule = me.rule(link_id)
        alike.setdefault((rule["priority"], rule["classes"], rule["share"]), []).append(link_id)
    found = [Way(tuple(same), tuple(name for name in taken if name in wanted)) for (_first, taken, _share), same in alike.items()]
    return [way for way in found if way.classes]


def call_one(on: Program, port: str, among: list[Way]) -> None:
    """Calls over the first way whose rule takes the request; the cause is that of the call."""
    called = on.label()
    for place, way in enumerate(among):
        later = {name for other in among[place + 1 :] for name in other.classes}
        all_of = [name for name in way.classes if name not in later]
        if all_of:
            with on.if_class(*all_of):
                on.call_links(port, way.links, size="own")
                on.jump(called)
        if len(all_of) < len(way.classes):
            with on.by_rule(way.links[0]):
                on.call_links(port, way.links, size="own")
                on.jump(called)
    on.place(called)
