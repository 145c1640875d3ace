"""One component in one run: its parameter values, where its records are in the kernel, and what its life remembers."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.component import Component, Port

if TYPE_CHECKING:
    from sim_engine.world.memory import Memory


@dataclass(slots=True, eq=False)
class Instance:
    id: str
    label: str
    component: type[Component]
    values: dict[str, Any]
    kernel: "Memory"
    seed: int
    node: int = -1
    source: int = -1
    cache: int = -1
    store: int = -1
    dataset: int = -1
    pools: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, int] = field(default_factory=dict)  # name -> index into State.parameters
    durations: dict[str, int] = field(default_factory=dict)
    routes: dict[tuple[str, str | None], int] = field(default_factory=dict)
    members: dict[tuple[int, int, int], int] = field(default_factory=dict)  # (route, link, node), all rows -> member
    links: dict[str, str] = field(default_factory=dict)  # outgoing link id -> port name, in order of link id
    out_of_rotation: set[str] = field(default_factory=set)  # link ids
    settings_from: "Instance | None" = None
    memory: dict[str, Any] = field(default_factory=dict)
    processes: list[Any] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return bool(self.kernel.state.nodes[self.node]["alive"])

    def links_of(self, port: str) -> list[str]:
        """Outgoing links of a port, in order of their ids."""
        return [link_id for link_id, name in self.links.items() if name == port]

    def port(self, name: str) -> Port:
        return next(port for port in self.component.ports if port.name == name)
