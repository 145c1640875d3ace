"""How a caller reaches a store of data: which machine of it answers this request, over which link."""

from typing import TYPE_CHECKING

from tests.engine.oracle.basics import Answer, Request, Steps
from tests.engine.oracle.policies import Call
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.cluster import Cluster, Member
    from tests.engine.oracle.world import World


class Access:
    """Equal machines, called in turn."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.wires: list[Wire] = []
        self.place = 0

    def ask(self, verb: str, request: Request) -> Steps[Answer]:
        return (yield from Call(self.world, self._next, request, verb, nobody="refused").run())

    def _next(self) -> Wire | None:
        self.place += 1
        there = [wire for wire in self.wires if wire.part.in_service]
        called = [wire for wire in there if wire.part.is_called] or there
        return called[self.place % len(called)] if called else None

    def newest(self, key: int) -> int:
        """The newest version of a key that is stored there."""
        return max(wire.part.newest(key) for wire in self.wires)


class ClusterAccess(Access):
    """A database: writes go to whoever is primary, reads to where the cluster says."""

    def __init__(self, world: "World", cluster: "Cluster") -> None:
        super().__init__(world)
        self.cluster = cluster

    def ask(self, verb: str, request: Request) -> Steps[Answer]:
        return (yield from self.wires[0].call_one_of(lambda: self._one(verb), verb, request))

    def _one(self, verb: str) -> "Member":
        self.place += 1
        asked = self.cluster.answers(verb, self.wires[0].caller)
        return asked[self.place % len(asked)]

    def ask_primary(self, verb: str, request: Request) -> Steps[Answer]:
        """The newest one, where there are two."""
        wire = self.wires[0]
        return (yield from wire.call_one_of(lambda: self.cluster.answers("write", wire.caller)[0], verb, request))

    def newest(self, key: int) -> int:
        return max(member.newest(key) for member in self.cluster.members)
