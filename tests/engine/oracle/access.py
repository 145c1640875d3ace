"""How a caller reaches a store of data: which machine of it answers this request, over which link."""

from typing import TYPE_CHECKING

from tests.engine.oracle.basics import Answer, Request, Steps
from tests.engine.oracle.policies import Call
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.database import Cluster, Node
    from tests.engine.oracle.world import World


class Access:
    """Equal machines, called in turn."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.wires: list[Wire] = []
        self.place = 0

    def ask(self, verb: str, request: Request) -> Steps[Answer]:
        return (yield from Call(self.world, self._next, request, verb).run())

    def _next(self) -> Wire:
        self.place += 1
        called = [wire for wire in self.wires if wire.part.is_called] or self.wires
        return called[self.place % len(called)]

    def next_version(self, key: int) -> int:
        raise NotImplementedError


class ClusterAccess(Access):
    """A database: writes go to whoever is primary, reads to where the cluster says."""

    def __init__(self, world: "World", cluster: "Cluster") -> None:
        super().__init__(world)
        self.cluster = cluster

    def ask(self, verb: str, request: Request) -> Steps[Answer]:
        return (yield from self.wires[0].call_one_of(lambda: self._node(verb), verb, request))

    def _node(self, verb: str) -> "Node":
        return self.cluster.for_read() if verb == "read" else self.cluster.primary

    def ask_primary(self, verb: str, request: Request) -> Steps[Answer]:
        return (yield from self.wires[0].call_one_of(lambda: self.cluster.primary, verb, request))

    def next_version(self, key: int) -> int:
        return self.cluster.next_version(key)
