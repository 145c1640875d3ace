"""One machine of a component in one run: where its records are in the kernel, and what its life remembers.

A component has one instance or a group of equal ones; they share the values of its parameters and its links.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.component import Component, Pool, Port, Station

if TYPE_CHECKING:
    from sim_engine.world.group import Group
    from sim_engine.world.memory import Memory
    from sim_engine.world.shards import Shards

STARTING: Final = "starting"
UP: Final = "up"  # in service; whether it is alive nobody else knows at once
DRAINING: Final = "draining"
DOWN: Final = "down"  # died before it had started
STANDBY: Final = "standby"  # it runs and is in nobody's rotation
GONE: Final = "gone"


@dataclass(slots=True, eq=False)
class Instance:
    id: str
    group: "Group"
    number: int  # from 1, among the instances of its component
    component: type[Component]
    values: dict[str, Any]  # those of the group
    kernel: "Memory"
    seed: int
    stage: str = UP
    turn: int = 0  # grows whenever it comes or goes, so that what waits for it can tell
    version: int = 1  # of what is deployed on it
    slowness: float = 1.0  # factor of the durations of a kind that has no stations
    node: int = -1
    source: int = -1
    cache: int = -1
    store: int = -1
    limiter: int = -1
    queues: int = -1  # its first
    queue_count: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    blocks: dict[tuple[str, ...], int] = field(default_factory=dict)  # copies of parameters side by side
    resolver: int = -1
    shards: "Shards | None" = None
    dataset: int = -1
    pools: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, int] = field(default_factory=dict)  # name -> index into State.parameters
    durations: dict[str, int] = field(default_factory=dict)
    routes: dict[tuple[str, str | None], int] = field(default_factory=dict)
    members: dict[tuple[int, int, int], int] = field(default_factory=dict)  # (route, link, node), all rows -> member
    links: dict[str, str] = field(default_factory=dict)  # outgoing link id -> port name, in order of link id
    parts: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)  # routes over some of a port's links: name -> which
    out_of_rotation: set[tuple[str, str]] = field(default_factory=set)  # (link id, id of the instance behind it)
    settings_from: "Instance | None" = None
    leaked: float = 0.0  # share of those of its pools that a fault has taken
    disk_full: bool = False
    hot_share: float = 0.0  # of a source's requests, those for the one hot key
    paces: dict[str, float] = field(default_factory=dict)  # why it is slow -> how many times slower
    memory: dict[str, Any] = field(default_factory=dict)
    processes: list[Any] = field(default_factory=list)

    @property
    def component_id(self) -> str:
        return self.group.id

    @property
    def label(self) -> str:
        """What people call it: its component's label, with its number or its name while there are several."""
        return f"{self.group.label} · {self.component.instance_title(self)}" if len(self.group.members) > 1 else self.group.label

    @property
    def alive(self) -> bool:
        return bool(self.kernel.state.nodes[self.node]["alive"])

    @property
    def state(self) -> str:
        """starting, up, draining, standby, down or gone."""
        return DOWN if self.stage in (UP, DRAINING, STANDBY) and not self.alive else self.stage

    def apart_from(self, other: "Instance") -> bool:
        """Whether a partition stands between the two."""
        mine, theirs = self.kernel.state.nodes[self.node], self.kernel.state.nodes[other.node]
        return bool((mine["side_a"] & theirs["side_b"]) | (mine["side_b"] & theirs["side_a"]))

    def read(self, name: str, otherwise: Any) -> Any:
        """A parameter's value; `otherwise` where its kind has none of that name, or another parameter has made it idle."""
        if name not in self.values:
            return otherwise
        when = self.component.parameter(name).when
        return self.values[name] if when is None or self.values[when.parameter] in when.values else otherwise

    def links_of(self, port: str) -> list[str]:
        """Outgoing links of a port, in order of their ids."""
        return [link_id for link_id, name in self.links.items() if name == port]

    def actual(self, name: str) -> Any:
        """What counts for a parameter (Component.actual)."""
        return self.component.actual(self.values, name)

    def kernel_value(self, name: str) -> float:
        """What the kernel reads of a parameter."""
        return self.component.parameter(name).kernel_value(self.actual(name))

    def capacity(self, pool: str) -> float:
        """How much there is of one of its pools by its parameters."""
        found = next(known for known in self.component.pools if known.name == pool)
        if not isinstance(found, Pool):
            return float(self.actual(found.servers if isinstance(found, Station) else found.bandwidth))
        if found.capacity_value is not None:
            return found.capacity_value
        there = max(0.0, float(self.actual(found.capacity)) - sum(float(self.actual(name)) for name in found.less))
        if self.leaked > 0.0 and pool in self.component.leaks:
            return max(1.0, float(floor(there * (1.0 - self.leaked) + 1e-9)))
        return there

    def rule(self, link_id: str) -> Mapping[str, Any]:
        """The parameters of an outgoing link."""
        return self.group.drawn[link_id].parameters

    def port(self, name: str) -> Port:
        return next(port for port in self.component.ports if port.name == name)
