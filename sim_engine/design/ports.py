"""Which port a link goes out of, and who is linked to whom."""

from collections.abc import Iterator
from functools import cached_property

from sim_engine.catalogue.component import Component, Port
from sim_engine.components import KINDS
from sim_engine.design.document import Design, LinkSpec


def port_for(source: type[Component], target: type[Component]) -> Port | None:
    """The port that a link from one kind to another uses: the first that takes it."""
    return next((port for port in source.ports if port.takes(target)), None)


class Wiring:
    """The links of a design by their ends, those that requests go over; `controls` are the others."""

    def __init__(self, design: Design) -> None:
        self.design = design

    @cached_property
    def controls(self) -> dict[str, LinkSpec]:
        return {link_id: link for link_id, link in self.design.links.items() if (port := self.port(link)) and not port.carries_traffic}

    @cached_property
    def _carrying(self) -> list[LinkSpec]:
        return [link for link_id, link in self.design.links.items() if link_id not in self.controls]

    @cached_property
    def outgoing(self) -> dict[str, list[LinkSpec]]:
        found: dict[str, list[LinkSpec]] = {identifier: [] for identifier in self.design.components}
        for link in self._carrying:
            found[link.source].append(link)
        return found

    @cached_property
    def incoming(self) -> dict[str, list[LinkSpec]]:
        found: dict[str, list[LinkSpec]] = {identifier: [] for identifier in self.design.components}
        for link in self._carrying:
            found[link.target].append(link)
        return found

    def kind(self, identifier: str) -> type[Component]:
        return KINDS[self.design.components[identifier].kind]

    def port(self, link: LinkSpec) -> Port | None:
        return port_for(self.kind(link.source), self.kind(link.target))

    def over_same_port(self, link: LinkSpec) -> int:
        """Links of the same source over the same port, this one included."""
        port = self.port(link)
        return sum(self.port(other) is port for other in self.outgoing[link.source])

    def targets(self, source: str, provides: str) -> Iterator[str]:
        """What it is linked to that provides a service."""
        return (link.target for link in self.outgoing[source] if self.kind(link.target).provides == provides)

    def reaches(self, source: str, target: str) -> bool:
        """Whether a request can come from one to the other (or they are the same)."""
        seen, waiting = {source}, [source]
        while waiting:
            here = waiting.pop()
            if here == target:
                return True
            following = {link.target for link in self.outgoing[here]} - seen
            seen |= following
            waiting.extend(following)
        return False
