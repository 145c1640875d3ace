"""A design that takes the place of another under traffic: parts come, go and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.component import Port
from sim_engine.components import KINDS
from sim_engine.design.document import ComponentSpec, Design, LinkSpec
from sim_engine.design.ports import port_for
from sim_engine.world.group import Group

if TYPE_CHECKING:
    from sim_engine.world.world import World


class Redesign:
    """One change from the running design to another. tell: whether the story hears of it."""

    def __init__(self, world: World, design: Design, tell: bool) -> None:
        self._world = world
        self._tell = tell
        self._runnable = {i: spec for i, spec in design.components.items() if KINDS[spec.kind].runs}
        self._links = {i: link for i, link in design.links.items() if link.source in self._runnable and link.target in self._runnable}

    def make(self) -> None:
        world, runnable, links = self._world, self._runnable, self._links
        gone = [i for i in world.groups if i not in runnable or world.groups[i].component.kind != runnable[i].kind]
        dropped = [i for i, link in world.links.items() if i in links and _ends(links[i]) != _ends(link)]
        removed = [*dropped, *(i for i in world.links if i not in links)]
        for link_id in removed:
            self._remove_link(link_id, self._tell and link_id not in dropped)
        for identifier in gone:
            self._remove(world.groups[identifier])
        new = [i for i in runnable if i not in world.groups]
        changed_wiring = not world.groups or bool(gone or removed or new) or links.keys() != world.links.keys()
        for identifier in new:
            self._add(identifier, runnable[identifier])
        world.groups = {i: world.groups[i] for i in sorted(world.groups)}
        world.instances = {i: world.instances[i] for i in sorted(world.instances)}
        world.places.follow(runnable, self._tell)
        if changed_wiring:
            self._rewire()
        self._update_values()

    def _add(self, identifier: str, spec: ComponentSpec) -> None:
        group = Group(self._world, identifier, spec.label, KINDS[spec.kind], dict(spec.parameters))
        self._world.groups[identifier] = group
        group.populate()
        if self._tell:
            self._world.tell("component_added", group, "info", marker=True)

    def _remove(self, group: Group) -> None:
        if self._tell:
            self._world.tell("component_removed", group, "info", marker=True)
        self._world.forget(group)

    def _remove_link(self, link_id: str, tell: bool) -> None:
        groups, link = self._world.groups, self._world.links.pop(link_id)
        if tell and link.source in groups and link.target in groups:
            self._world.tell("link_removed", groups[link.source], "info", marker=True, target=groups[link.target].label)

    def _rewire(self) -> None:
        """Gives every instance its links, its code and its routes anew; lives go on where nothing changed for them."""
        world = self._world
        for link_id in sorted(self._links):
            if link_id not in world.links:
                self._add_link(link_id, self._links[link_id])
        world.links = {i: world.links[i] for i in sorted(world.links)}
        for group in world.groups.values():
            group.links, group.drawn, group.callers = {}, {}, []
        for link_id, link in world.links.items():
            port = self._port_of(link)
            source = world.groups[link.source]
            source.links[link_id], source.drawn[link_id] = port.name, link
            if port.carries_traffic:
                world.groups[link.target].callers.append(link_id)
        world.wire(list(world.instances.values()))

    def _add_link(self, link_id: str, link: LinkSpec) -> None:
        world = self._world
        world.links[link_id] = link
        world.builder.add_link(link_id, link, ordered=self._port_of(link).style == "replication")
        if self._tell:
            source, target = world.groups[link.source], world.groups[link.target]
            world.tell("link_added", source, "info", marker=True, target=target.label)

    def _port_of(self, link: LinkSpec) -> Port:
        port = port_for(self._world.groups[link.source].component, self._world.groups[link.target].component)
        assert port is not None, "checked before a run"
        return port

    def _update_values(self) -> None:
        world = self._world
        for identifier, spec in self._runnable.items():
            group = world.groups[identifier]
            group.label = spec.label
            for name, value in spec.parameters.items():
                if group.values[name] != value:
                    world.set_parameter(group, name, value, self._tell)
        for link_id, link in self._links.items():
            if world.links[link_id].parameters != link.parameters:
                world.set_link(link_id, link, self._tell)


def _ends(link: LinkSpec) -> tuple[str, str]:
    return link.source, link.target
